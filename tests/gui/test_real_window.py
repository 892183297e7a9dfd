"""QGIS's real window on a virtual screen, with the staged plugin: what the dock shows and saves is what the core tells."""

from __future__ import annotations

import csv
import importlib.util

import numpy as np
import pytest

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.inspection import open_inspection
from tests.qgis_support import ROOT, STAGE, STRIP, write_scene

spec = importlib.util.spec_from_file_location("window_tour", ROOT / "tools" / "window_tour.py")
window_tour = importlib.util.module_from_spec(spec)
spec.loader.exec_module(window_tour)

pytest.importorskip("matplotlib")

CLICKS = [(4, 3), (2, STRIP + 5), (6, 2 * STRIP + 1)]
RECTANGLE = (1, 1, 3, 4)


def project_of(mineral_map):
    """A project file with the map, as a user would have saved it."""
    from qgis.core import QgsProject, QgsRasterLayer

    project, path = QgsProject(), mineral_map.with_suffix(".qgz")
    layer = project.addMapLayer(QgsRasterLayer(str(mineral_map), "minerals"))
    project.setCrs(layer.crs())
    assert project.write(str(path))
    project.clear()
    return path


@pytest.mark.skipif(window_tour.programs() is None, reason="Xvfb or the QGIS window is not installed")
def test_three_known_pixels_in_the_real_window(tmp_path, qgis):
    assert (STAGE / "metadata.txt").is_file(), "run `make stage` first"
    outputs = map_scene(write_scene(tmp_path / "scene.tif"), tmp_path, engine="numpy")
    folder = tmp_path / "out"
    folder.mkdir()
    told = window_tour.tour(folder, project_of(outputs.classes), [*CLICKS, RECTANGLE], reloads=10)
    inspector = open_inspection(outputs.classes)
    pixels = [inspector.pixel(*place) for place in CLICKS]
    line, sample = (each.ravel() for each in np.mgrid[1:4, 1:5])
    mean = inspector.mean_of(line, sample)
    assert told["title"] == "CRISM Spectra"
    wanted = [
        f"S{k}  {each.title}, line {each.place.line}, sample {each.place.sample}" for k, each in enumerate([*pixels, mean], 1)
    ]
    assert told["list"] == wanted
    assert told["markers"] == ["S1", "S2", "S3", "S4"]
    assert told["legend"]["iof"] == ["S1", "S2", "S3", "S4: I/F", "± standard deviation", "continuum"]
    assert "S4: mean of 12 pixels, decides" in told["legend"]["removed"]
    for name, each in zip(("S1", "S2", "S3", "S4: I/F"), [*pixels, mean]):
        um, values = told["curves"]["iof"][name]
        np.testing.assert_allclose(um, each.iof.wavelengths_nm / 1000)
        np.testing.assert_allclose(values, each.iof.values, rtol=1e-6)
    np.testing.assert_allclose(told["curves"]["removed"]["S4: mean of 12 pixels, decides"][1], mean.scales[0].spectrum, rtol=1e-5)
    np.testing.assert_allclose(told["bars"], [each.score for each in mean.best], atol=1e-4)
    assert (folder / "spectra.png").read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader((folder / "spectra.csv").read_text().splitlines()))
    for name, each in zip(("S1", "S2", "S3"), pixels):
        values = [float(row["value"] or "nan") for row in rows if (row["spectrum"], row["curve"]) == (name, "I/F")]
        np.testing.assert_allclose(values, each.iof.values, rtol=1e-6)
    assert told["left"] == []  # of the plugin, after ten reloads
