"""CRISM Add Mars Basemap in a project, with a composite drawn over it: checked pixel by pixel against where on Mars they lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.mapping.legend import legend_entries, style_qml
from tests.map_server import BLUE, CHECK, MapServer, colours, map_server
from tests.qgis_support import mars_wkt

CODE = 6
PIXEL = 72.0
#: The composite: a square of 60 pixels near Jezero, its west and north sides, metres in IAU_2015:49910.
WEST, NORTH, SIDE = 4_586_000.0, 1_095_000.0, 60


@pytest.fixture(scope="module")
def server():
    with map_server() as running:
        yield running


@pytest.fixture
def composite(tmp_path) -> Path:
    path = tmp_path / "composite.tif"
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), SIDE, SIDE, 1, gdal.GDT_Byte)
    dataset.SetProjection(mars_wkt())
    dataset.SetGeoTransform((WEST, PIXEL, 0, NORTH, 0, -PIXEL))
    dataset.GetRasterBand(1).WriteArray(np.full((SIDE, SIDE), CODE, np.uint8))
    dataset.GetRasterBand(1).SetNoDataValue(255)
    dataset = None
    path.with_suffix(".qml").write_text(style_qml(legend_entries(load_exemplars(), [CODE]), None))
    return path


@pytest.fixture
def project(qgis, provider):
    from qgis.core import QgsProject

    project = QgsProject.instance()
    project.clear()
    yield project
    project.clear()


def add(feedback=None, **parameters):
    """Run the algorithm as its dialog does: what it makes is loaded into the project."""
    import processing

    return processing.runAndLoadResults("crism:marsbasemap", parameters, feedback=feedback)


def names(project) -> list[str]:
    """The layers, the uppermost first."""
    return [layer.name() for layer in project.layerTreeRoot().layerOrder()]


def draw(project, west: float, north: float, pixel: float, size: int, without: tuple[str, ...] = ()) -> np.ndarray:
    """(3, size, size) of the project as its window shows it."""
    from qgis.core import QgsMapRendererSequentialJob, QgsMapSettings, QgsRectangle
    from qgis.PyQt.QtCore import QEventLoop, QSize
    from qgis.PyQt.QtGui import QColor, QImage

    settings = QgsMapSettings()
    settings.setLayers([layer for layer in project.layerTreeRoot().layerOrder() if layer.name() not in without])
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setExtent(QgsRectangle(west, north - size * pixel, west + size * pixel, north))
    settings.setOutputSize(QSize(size, size))
    settings.setBackgroundColor(QColor("white"))
    job, loop = QgsMapRendererSequentialJob(settings), QEventLoop()
    job.finished.connect(loop.quit)
    job.start()
    loop.exec()
    image = job.renderedImage().convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bytes(bits), np.uint8).reshape(size, image.bytesPerLine())
    return rows[:, : 3 * size].reshape(size, size, 3).transpose(2, 0, 1).astype(int)


def degrees(project, west: float, north: float, pixel: float, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude of the pixels' centres on the sphere, by hand: x = R λ, y = R φ."""
    assert project.crs().authid() == "IAU_2015:49910"
    centres = (np.arange(size) + 0.5) * pixel
    return np.meshgrid(np.degrees((west + centres) / 3_396_190), np.degrees((north - centres) / 3_396_190))


def off_the_edges(longitude: np.ndarray, latitude: np.ndarray, pixel: float, pixels: float = 1.25) -> np.ndarray:
    """Whether a pixel lies farther than so many pixels from the sides of its check: half of its own, and half of a tile's."""
    margin = np.degrees(pixels * pixel / 3_396_190)
    near = [np.minimum(value % CHECK, CHECK - value % CHECK) < margin for value in (longitude, latitude)]
    return ~(near[0] | near[1])


@pytest.mark.parametrize("address", ["tiles", "tiles_from_the_south", "service"])
def test_the_basemap_lies_where_it_belongs_and_the_composite_over_it(project, server: MapServer, composite, tmp_path, address):
    from qgis.core import QgsRasterLayer

    map_layer = QgsRasterLayer(str(composite), "composite")
    project.addMapLayer(map_layer)
    results = add(URL=getattr(server, address), LOCAL=str(tmp_path / "local.gpkg"))
    assert results["BASEMAP_ADDED"] == server.url.split("//")[1]
    assert names(project) == ["Landing sites", "Graticule (degrees)", "composite", results["BASEMAP_ADDED"]]
    assert "Mars" in project.crs().description()
    assert project.ellipsoid() == "NONE"

    window = (WEST - 150 * PIXEL, NORTH + 150 * PIXEL, PIXEL, 400)
    seen = draw(project, *window, without=("Landing sites", "Graticule (degrees)"))
    longitude, latitude = degrees(project, *window)
    rows, columns = np.indices(longitude.shape)
    over = (rows >= 150) & (rows < 150 + SIDE) & (columns >= 150) & (columns < 150 + SIDE)
    colour = next(entry.rgb for entry in legend_entries(load_exemplars(), [CODE]) if entry.value == CODE)
    np.testing.assert_array_equal(seen[:, over].T, np.tile(colour, (over.sum(), 1)))

    bare = ~over & off_the_edges(longitude, latitude, PIXEL)
    assert bare.sum() > 50_000
    np.testing.assert_array_equal((seen[:2] > 127)[:, bare], (colours(longitude, latitude)[:2] > 127)[:, bare])
    np.testing.assert_array_equal(seen[2][bare], BLUE)


def test_sites_and_graticule_are_drawn_over_everything_but_hide_little(project, server, composite, tmp_path):
    add(URL=server.tiles, LAYERS=[str(composite)], LOCAL=str(tmp_path / "local.gpkg"))
    assert names(project)[-2:] == ["composite", server.url.split("//")[1]]
    project.setCrs(project.crs())
    site = (np.radians(77.4565) * 3_396_190, np.radians(18.4463) * 3_396_190)
    window = (site[0] - 100 * PIXEL, site[1] + 100 * PIXEL, PIXEL, 200)
    overlay = ("Landing sites", "Graticule (degrees)")
    changed = (draw(project, *window) != draw(project, *window, without=overlay)).any(0)
    assert changed[99:101, 99:101].all()  # the star is on the site
    assert 0.01 < changed.mean() < 0.3
    assert not (draw(project, *window, without=(*overlay, "composite", server.url.split("//")[1])) != 255).any()


def test_lines_are_where_their_labels_say(project, composite, tmp_path):
    add(BASEMAP="none", LAYERS=[str(composite)], LOCAL=str(tmp_path / "local.gpkg"))
    layer = next(layer for layer in project.mapLayers().values() if layer.name() == "Graticule (degrees)")
    layer.setLabelsEnabled(False)
    west, north = np.radians(77.15) * 3_396_190, np.radians(18.55) * 3_396_190  # 0.1° is 82.3 pixels here
    seen = draw(project, west, north, PIXEL, 300, without=("Landing sites", "composite"))
    dark = (seen < 230).any(0)
    columns, rows = np.flatnonzero(dark.mean(0) > 0.9), np.flatnonzero(dark.mean(1) > 0.9)
    tenth = np.radians(0.1) * 3_396_190 / PIXEL
    for found in (columns, rows):
        expected = tenth * (0.5 + np.arange(4))
        expected = expected[expected < 300]
        assert all(np.abs(found + 0.5 - place).min() <= 1 for place in expected)
        assert all(np.abs(expected - (place + 0.5)).min() <= 1 for place in found)


def test_a_second_run_replaces_the_first(project, server, tmp_path):
    from qgis.core import QgsCoordinateReferenceSystem

    project.setCrs(QgsCoordinateReferenceSystem("IAU_2015:49930"))  # the user's own choice of Mars stays
    for _ in range(2):
        add(URL=server.tiles, LOCAL=str(tmp_path / "local.gpkg"))
        assert len(project.mapLayers()) == 3
    assert project.crs().authid() == "IAU_2015:49930"
    add(URL=server.tiles, CRS="IAU_2015:49920", LOCAL=str(tmp_path / "local.gpkg"))
    assert project.crs().authid() == "IAU_2015:49920"


def test_reopened_project_has_the_basemap_in_its_place(project, server, composite, tmp_path):
    from qgis.core import QgsProject

    add(URL=server.tiles, LAYERS=[str(composite)], LOCAL=str(tmp_path / "local.gpkg"), PROJECT=str(tmp_path / "new.qgz"))
    assert project.write(str(tmp_path / "own.qgz"))
    window = (WEST - 20 * PIXEL, NORTH + 20 * PIXEL, PIXEL, 100)
    seen = draw(project, *window)
    assert (seen[2] == BLUE).any()
    for name in ("own.qgz", "new.qgz"):
        again = QgsProject()
        assert again.read(str(tmp_path / name))
        assert names(again) == names(project)
        assert all(layer.isValid() for layer in again.mapLayers().values())
        np.testing.assert_array_equal(draw(again, *window), seen)
        again.clear()


class Listener:
    """The warnings of a run."""

    def __new__(cls):
        from qgis.core import QgsProcessingFeedback

        class Feedback(QgsProcessingFeedback):
            def __init__(self):
                super().__init__()
                self.warnings: list[str] = []

            def pushWarning(self, text):
                self.warnings.append(text)

        return Feedback()


@pytest.mark.parametrize("kind", ["tiles", "service"])
@pytest.mark.parametrize("answer", ["nobody", "error", "silent", "words"])
def test_without_an_answer_the_local_layers_come_and_a_line_says_why(project, tmp_path, monkeypatch, kind, answer):
    from crism_gan_plugin.processing import basemaps

    monkeypatch.setattr(basemaps, "TIMEOUT_MS", 500)
    listener = Listener()
    with map_server("maps" if answer == "nobody" else answer) as server:
        url = getattr(server, kind)
        if answer != "nobody":
            results = add(listener, URL=url, LOCAL=str(tmp_path / "local.gpkg"))
    if answer == "nobody":  # the server is gone
        results = add(listener, URL=url, LOCAL=str(tmp_path / "local.gpkg"))
    assert results["BASEMAP_ADDED"] == ""
    assert names(project) == ["Landing sites", "Graticule (degrees)"]
    (line,) = listener.warnings
    assert server.url.split("//")[1] in line and ("did not answer" in line or "answered, but" in line)
    assert "\n" not in line


def test_a_service_without_the_layer_is_left_out(project, server, tmp_path):
    listener = Listener()
    add(listener, URL=server.service.replace("checks", "stripes"), LOCAL=str(tmp_path / "local.gpkg"))
    assert names(project) == ["Landing sites", "Graticule (degrees)"]
    assert "stripes" in listener.warnings[0]


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"URL": "ftp://nowhere/{z}/{x}/{y}.png"}, "http"),
        ({"URL": "http://127.0.0.1/{z}/{x}.png"}, "lacks"),
        ({"URL": "http://127.0.0.1/wms"}, "LAYERS="),
        ({"URL": "http://127.0.0.1/wms?LAYERS=a&CRS=EPSG:32633"}, "EPSG:32633"),
        ({"CRS": "EPSG:4326", "BASEMAP": "none"}, "not of Mars"),
        ({"LOCAL": "local.txt", "BASEMAP": "none"}, "local.txt"),
        ({"LAYERS": ["earth.tif"], "BASEMAP": "none"}, "earth"),
        ({"LAYERS": ["nowhere.tif"], "BASEMAP": "none"}, "LAYERS"),
    ],
)
def test_bad_input_is_one_line_and_adds_nothing(project, tmp_path, monkeypatch, parameters, said):
    from osgeo import osr
    from qgis.core import QgsProcessingException

    monkeypatch.chdir(tmp_path)
    earth = osr.SpatialReference()
    earth.ImportFromEPSG(32633)
    dataset = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "earth.tif"), 5, 5, 1, gdal.GDT_Byte)
    dataset.SetProjection(earth.ExportToWkt())
    dataset.SetGeoTransform((4e5, 1, 0, 5e6, 0, -1))
    dataset = None
    # Whole paths for layers: QGIS writes statistics beside them some time later, when the working folder is another again.
    if "LAYERS" in parameters:
        parameters = {**parameters, "LAYERS": [str(tmp_path / name) for name in parameters["LAYERS"]]}
    with pytest.raises(QgsProcessingException) as raised:
        add(**parameters)
    headings = ("Unable to execute algorithm", "---")
    (line,) = [line for line in str(raised.value).splitlines() if not line.startswith(headings)]
    assert said in line
    assert not project.mapLayers()


def test_a_list_of_the_users_own_is_used_where_the_setting_names_it(qgis, tmp_path, server, project):
    from qgis.core import QgsApplication, QgsProcessingException, QgsSettings

    own = tmp_path / "own.json"
    own.write_text(f'[{{"name": "My Mars", "type": "xyz", "url": "{server.tiles}", "zmax": 12}}]')

    def offered() -> list[str]:
        algorithm = QgsApplication.processingRegistry().createAlgorithmById("crism:marsbasemap")
        return algorithm.parameterDefinition("BASEMAP").options()

    QgsSettings().setValue("crism_gan/basemaps", str(own))
    try:
        assert offered() == ["My Mars", "none"]
        add(BASEMAP="My Mars", LOCAL=str(tmp_path / "local.gpkg"))
        assert names(project)[-1] == "My Mars"
        own.write_text('{"name": 1}')
        with pytest.raises(QgsProcessingException, match=r"own\.json: is not a list of basemaps"):
            add(LOCAL=str(tmp_path / "local.gpkg"))
    finally:
        QgsSettings().remove("crism_gan/basemaps")
    assert "OpenPlanetaryMap" in offered()
