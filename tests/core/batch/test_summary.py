"""The table of a batch, on maps made by hand."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.batch.summary import summarise, summary_text
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.mapping.pipeline import MapOutputs
from crism_gan_plugin.core.rasters.class_table import ClassRow, read_class_table, write_class_table
from tests.mosaic_support import write_map

CODES = np.array([[21, 121, 121, 0], [15, 15, 255, 106]])
SIMILARITY = np.array([[0.96, 0.86, 0.88, 0.5], [0.97, 0.99, np.nan, 0.9]], np.float32)


@pytest.fixture
def made(tmp_path: Path) -> MapOutputs:
    path = write_map(tmp_path / "x.tif", CODES, SIMILARITY)
    areas = {21: 1.5, 121: 3.0, 15: 2.5, 106: 0.25}
    rows = [ClassRow(r.value, r.name, r.level, r.rgb, r.pixels, areas[r.value]) for r in read_class_table(path)]
    write_class_table(path, rows)
    return MapOutputs(path, tmp_path / "x_evidence.tif", tmp_path / "x.qml", tmp_path / "x_provenance.json")


def test_a_row_for_each_class_over_identifications_and_guesses(made: MapOutputs) -> None:
    rows = {row.mineral: row for row in summarise("x", Path("x.img"), made)}
    assert {name: row.code for name, row in rows.items()} == {"Mg-carbonate": 6, "kaolinite": 15, "talc": 21}
    talc, kaolinite, carbonate = (rows[name] for name in ("talc", "kaolinite", "Mg-carbonate"))
    assert (talc.identified_pixels, talc.guessed_pixels, talc.identified_km2, talc.guessed_km2) == (1, 2, 1.5, 3.0)
    assert talc.mean_similarity == pytest.approx(0.90)
    assert (kaolinite.identified_pixels, kaolinite.guessed_pixels, kaolinite.guessed_km2) == (2, 0, 0.0)
    assert kaolinite.mean_similarity == pytest.approx(0.98)
    assert (carbonate.identified_pixels, carbonate.identified_km2, carbonate.guessed_km2) == (0, 0.0, 0.25)


def test_what_is_not_known_is_empty(tmp_path: Path) -> None:
    path = write_map(tmp_path / "x.tif", CODES)
    rows = summarise("x", Path("x.img"), MapOutputs(path, None, tmp_path / "x.qml", tmp_path / "x_provenance.json"))
    (talc,) = [row for row in csv.DictReader(io.StringIO(summary_text(rows))) if row["class"] == "talc"]
    assert (talc["identified_pixels"], talc["identified_km2"], talc["mean_similarity"]) == ("1", "", "")


def test_evidence_of_another_size_is_refused(made: MapOutputs, tmp_path: Path) -> None:
    write_map(tmp_path / "other.tif", CODES[:, :3], SIMILARITY[:, :3])
    (tmp_path / "other_evidence.tif").replace(made.evidence)
    with pytest.raises(InputError, match=r"x_evidence\.tif: is not of the size of x\.tif"):
        summarise("x", Path("x.img"), made)
