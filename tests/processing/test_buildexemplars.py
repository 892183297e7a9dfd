"""CRISM Build Exemplar Library in a QGIS of this process, and that maps take what it makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


def run(parameters: dict, name: str = "buildexemplars"):
    import processing

    return processing.run(f"crism:{name}", parameters)


@pytest.fixture
def table(tmp_path) -> Path:
    nm = np.arange(1000, 2700, 5.0)
    lines = [f"{each},{0.5 - 0.2 * np.exp(-0.5 * ((each - 1750) / 25) ** 2)}" for each in nm]
    file = tmp_path / "odd one.csv"
    file.write_text("nm,value\n" + "\n".join(lines))
    return file


def test_files_of_spectra_become_classes(provider, tmp_path, table):
    from crism_gan_plugin.core import load_exemplars

    results = run({"SPECTRA": [str(table)], "OUTPUT": str(tmp_path / "mine.json")})
    assert {name: Path(path).name for name, path in results.items()} == {"OUTPUT": "mine.json", "REPORT": "mine_report.txt"}
    library = load_exemplars(results["OUTPUT"])
    assert (library.classes[-1].code, library.classes[-1].name, len(library.classes)) == (33, "odd one", 33)


def test_polygons_of_a_layer_become_a_class_each_and_are_found(provider, scene, tmp_path):
    from qgis.core import QgsFeature, QgsGeometry, QgsRectangle, QgsVectorLayer

    from crism_gan_plugin.core import load_exemplars

    layer = QgsVectorLayer("Polygon?crs=IAU_2015:49910&field=mineral:string", "drawn", "memory")
    x, y = 4_590_000.0, 1_093_000.0
    for name, left in (("first", 1), ("third", 17)):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(x + 18 * left, y - 18 * 6, x + 18 * (left + 4), y - 18 * 2)))
        feature.setAttributes([name])
        layer.dataProvider().addFeatures([feature])
    results = run(
        {"IMAGE": str(scene), "POLYGONS": layer, "FIELD": "mineral", "ALONE": True, "OUTPUT": str(tmp_path / "mine.json")}
    )
    library = load_exemplars(results["OUTPUT"])
    assert library.class_names == ["first", "third"]
    assert [origin.count for origin in library.origins] == [16, 16]


@pytest.mark.parametrize("kind", ["a file of spectra", "an archive"])
def test_maps_take_spectra_of_others(provider, scene, tmp_path, table, kind):
    import zipfile

    given = table
    if kind == "an archive":
        given = tmp_path / "spectra.zip"
        with zipfile.ZipFile(given, "w") as archive:
            archive.write(table, table.name)
    results = run({"INPUT": str(scene), "EXEMPLARS": str(given), "ENGINE": "numpy", "OUTPUT": str(tmp_path / "x.tif")}, "ganmap")
    assert '"odd one"' in Path(results["PROVENANCE"]).read_text()


def test_what_is_wrong_is_one_line(provider, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="spectra: none are given"):
        run({"OUTPUT": str(tmp_path / "mine.json")})
