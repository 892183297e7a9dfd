"""Legend entries and the QGIS style."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from crism_gan_plugin import paths
from crism_gan_plugin.core import MineralClass, load_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.mapping.legend import legend_entries, style_qml


def palette(qml: str) -> list[dict[str, str]]:
    renderer = ElementTree.fromstring(qml).find("pipe/rasterrenderer")
    assert renderer is not None
    assert (renderer.get("type"), renderer.get("band")) == ("paletted", "1")
    return [entry.attrib for entry in renderer.findall("colorPalette/paletteEntry")]


def test_every_class_has_two_entries() -> None:
    library = load_exemplars()
    entries = legend_entries(library)
    assert [entry.value for entry in entries[::2]] == [mineral.code for mineral in library.classes]
    assert [entry.value for entry in entries[1::2]] == [mineral.code + 100 for mineral in library.classes]
    for bold, pale, mineral in zip(entries[::2], entries[1::2], library.classes):
        assert (bold.rgb, bold.label, pale.label) == (mineral.rgb, mineral.name, f"{mineral.name} (guess)")
        assert sum(pale.rgb) > sum(bold.rgb)
    assert len({entry.rgb for entry in entries}) == len(entries)


def test_only_what_occurs_when_asked() -> None:
    entries = legend_entries(load_exemplars(), [0, 21, 115, 255])
    assert {(e.value, e.label) for e in entries} == {(21, "talc"), (115, "kaolinite (guess)")}
    assert legend_entries(load_exemplars(), [0, 255]) == []


def test_the_style_paints_the_entries() -> None:
    entries = legend_entries(load_exemplars())
    found = palette(style_qml(entries))
    assert [(int(item["value"]), item["label"]) for item in found] == [(e.value, e.label) for e in entries]
    for item, entry in zip(found, entries):
        assert tuple(bytes.fromhex(item["color"][1:])) == entry.rgb
        assert item["alpha"] == "255"


def test_a_warning_is_the_first_line_of_the_legend() -> None:
    first, *others = palette(style_qml(legend_entries(load_exemplars(), [21]), "NOT CORRECTED"))
    assert (first["label"], first["alpha"]) == ("NOT CORRECTED", "0")
    assert int(first["value"]) not in {0, 255, *range(1, 200)}
    assert len(others) == 1


def test_an_empty_legend_is_still_a_style() -> None:
    assert palette(style_qml([])) == []


@pytest.mark.parametrize("name", ['a "quoted" & <tagged> name', "it's", "Ton (Grüße) – №", "both ' and \""])
def test_names_of_any_kind_survive_the_xml(name: str) -> None:
    library = ExemplarLibrary(["x"], np.ones((1, 240)), [MineralClass(40, name, (1, 2, 3))], np.zeros(1, int))
    assert [item["label"] for item in palette(style_qml(legend_entries(library)))] == [name, f"{name} (guess)"]


def test_the_prebuilt_style_is_that_of_the_default_library() -> None:
    """Made by tools/make_styles.py."""
    assert paths.style("minerals.qml").read_text(encoding="utf-8") == style_qml(legend_entries(load_exemplars()))
