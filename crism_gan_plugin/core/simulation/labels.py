"""Labels (PDS3) of simulated products: an image of 4-byte numbers, and what else is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

#: Keywords and values of a label, as they are written.
Keywords = Mapping[str, object]

_NONE: Mapping[str, Any] = MappingProxyType({})


def image_label(
    name: object,
    kind: str,
    shape: tuple[int, int, int],
    storage: str,
    records: int,
    keywords: Keywords,
    pointers: Keywords = _NONE,
    of_image: Keywords = _NONE,
    tables: Mapping[str, Keywords] = _NONE,
    objects: Mapping[str, Keywords] = _NONE,
) -> str:
    """The text of the label.

    Parameters
    ----------
    name, kind
        Of the product: ``PRODUCT_ID``, ``PRODUCT_TYPE``.
    shape
        Bands, lines and samples.
    storage
        ``BAND_STORAGE_TYPE``.
    records
        How many records the file has, each of one line of samples.
    keywords, pointers, of_image
        More keywords of the product, of the file and of its image.
    tables, objects
        More objects within the file, and beside it.
    """
    bands, lines, samples = shape
    image = {
        "LINES": lines,
        "LINE_SAMPLES": samples,
        "SAMPLE_TYPE": "PC_REAL",
        "SAMPLE_BITS": 32,
        "BANDS": bands,
        "BAND_STORAGE_TYPE": storage,
        **of_image,
    }
    file = {
        "^IMAGE": f'"{name}.IMG"',
        **pointers,
        "RECORD_TYPE": "FIXED_LENGTH",
        "RECORD_BYTES": 4 * samples,
        "FILE_RECORDS": records,
    }
    parts = [
        "PDS_VERSION_ID = PDS3",
        "/* simulated by CRISM GAN: no measurement */",
        *_lines({"PRODUCT_ID": f'"{name}"', "PRODUCT_TYPE": kind, **keywords}),
        "OBJECT = FILE",
        *_lines(file, "  "),
    ]
    for title, held in {"IMAGE": image, **tables}.items():
        parts += [f"  OBJECT = {title}", *_lines(held, "    "), f"  END_OBJECT = {title}"]
    parts.append("END_OBJECT = FILE")
    for title, held in objects.items():
        parts += [f"OBJECT = {title}", *_lines(held, "  "), f"END_OBJECT = {title}"]
    return "\n".join([*parts, "END", ""])


def _lines(keywords: Keywords, indent: str = "") -> list[str]:
    return [f"{indent}{keyword} = {value}" for keyword, value in keywords.items()]
