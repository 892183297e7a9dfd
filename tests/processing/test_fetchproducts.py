"""CRISM Fetch Products through QGIS's own network, in this process and through the real ``qgis_process``."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.archive_server import archive_server, image_product

IMAGE, GEOMETRY = "FRT00009312_07_IF166L_TRR3", "FRT00009312_07_DE166L_DDR1"


@pytest.fixture
def archive():
    with archive_server(image_product(IMAGE, "TRDR", 400_000), image_product(GEOMETRY, "TRDRDDR")) as server:
        yield server


def run(archive, folder, feedback=None, **given):
    import processing

    return processing.run(
        "crism:fetchproducts", {"ENDPOINT": archive.address, "OUTPUT_FOLDER": str(folder), **given}, feedback=feedback
    )


@pytest.mark.parametrize("fault", ["", "503", "cut off", "redirect", "closed"])
def test_products_come_whole_through_qgis(provider, archive, tmp_path, fault):
    archive.faults[f"/data/{IMAGE.lower()}.img"] = [fault]
    results = run(archive, tmp_path, IDS="FRT00009312")
    assert (results["FOUND"], results["FETCHED"], results["FAILED"]) == (2, 4, 0)
    for path in map(Path, results["FILES"]):
        assert path.read_bytes() == archive.data(path.name)
    assert not list(tmp_path.rglob("*.part"))
    again = run(archive, tmp_path, IDS="FRT00009312")
    assert again["FETCHED"] == 0 and len(again["FILES"]) == 4


def test_what_broke_off_is_gone_on_with(provider, archive, tmp_path):
    archive.faults[f"/data/{IMAGE.lower()}.img"] = ["cut off"]
    run(archive, tmp_path, IDS=IMAGE)
    assert [range_ for path, range_ in archive.asked if path.endswith("if166l_trr3.img")] == ["", f"bytes={200_000 - 4096}-"]


def test_footprints_are_a_layer_with_a_legend(provider, archive, tmp_path):
    from qgis.core import QgsVectorLayer

    results = run(archive, tmp_path, EXTENT="77.2,77.4,18.2,18.4", FOOTPRINTS_ONLY=True)
    layer = QgsVectorLayer(results["FOOTPRINTS"], "footprints")
    layer.loadDefaultStyle()
    assert layer.featureCount() == 2 and layer.renderer().type() == "categorizedSymbol"
    assert [category.label() for category in layer.renderer().categories()] == ["fetched", "not fetched", "failed"]
    feature = next(layer.getFeatures())
    symbols = [symbol.symbolLayer(0).strokeColor().name() for symbol in layer.renderer().symbols(_context(layer))]
    assert feature["state"] == "not fetched" and len(set(symbols)) == 3
    assert layer.crs().isGeographic() and layer.extent().toString(1) == "77.0,18.0 : 78.0,19.0"
    assert not archive.times()
    del layer, feature


def _context(layer):
    from qgis.core import QgsExpressionContext, QgsRenderContext

    context = QgsRenderContext()
    context.setExpressionContext(QgsExpressionContext())
    return context


def test_an_extent_in_metres_is_turned_into_degrees(provider, archive, tmp_path):
    metres = 3396190.0 * 3.14159265 / 180
    ends = ",".join(f"{degrees * metres:.1f}" for degrees in (77.2, 77.4, 18.2, 18.4))
    results = run(archive, tmp_path, EXTENT=f"{ends} [IAU_2015:49910]", FOOTPRINTS_ONLY=True)
    assert results["FOUND"] == 2
    asked = archive.queries[0]
    assert float(asked["westernlon"]) == pytest.approx(77.2, abs=1e-3) and float(asked["maxlat"]) == pytest.approx(18.4, abs=1e-3)


def test_a_run_can_be_cancelled_before_the_file_is_whole(provider, archive, tmp_path):
    from qgis.core import QgsProcessingException, QgsProcessingFeedback

    class Impatient(QgsProcessingFeedback):
        def isCanceled(self):
            return self.progress() > 15

    archive.pace_s = 0.05  # the image would take 20 s
    with pytest.raises(QgsProcessingException, match="cancelled"):
        run(archive, tmp_path, feedback=Impatient(), IDS="FRT00009312")
    assert not list(tmp_path.rglob("*.img"))
    assert max(part.stat().st_size for part in tmp_path.rglob("*.img.part")) < 200_000
    time.sleep(0.5)  # its threads have ended


def test_a_dead_server_and_a_web_page_are_told_in_one_line(provider, archive, tmp_path):
    from qgis.core import QgsProcessingException

    archive.page = b"<html>login</html>"
    with pytest.raises(QgsProcessingException, match="a web page that is not JSON"):
        run(archive, tmp_path, IDS="FRT00009312")
    with pytest.raises(QgsProcessingException, match="nothing to look for"):
        run(archive, tmp_path)


def test_qgis_process_fetches(qgis_process, archive, tmp_path):
    results = qgis_process.run_json(
        "crism:fetchproducts", IDS="FRT00009312", ENDPOINT=archive.address, OUTPUT_FOLDER=tmp_path / "out"
    )
    assert results["FETCHED"] == 4 and len(list((tmp_path / "out" / "FRT00009312").iterdir())) == 4


def test_a_batch_fetches_what_it_maps(provider, archive, tmp_path):
    import processing
    from qgis.core import QgsProcessingException

    given = {"FETCH_EXTENT": "77.2,77.4,18.2,18.4", "FETCH_ENDPOINT": archive.address, "OUTPUT_FOLDER": str(tmp_path)}
    with pytest.raises(QgsProcessingException, match="none of the 1 images could be mapped"):  # its bytes are no image
        processing.run("crism:batchmap", given)
    assert (tmp_path / "archive" / "FRT00009312" / f"{IMAGE.lower()}.img").is_file()
    with pytest.raises(QgsProcessingException, match="no image is given"):
        processing.run("crism:batchmap", {"OUTPUT_FOLDER": str(tmp_path)})


def test_the_archives_own_address_is_the_default(provider):
    from crism_gan_plugin.core.options.fetching import ENDPOINT

    assert provider.algorithm("fetchproducts").parameterDefinition("ENDPOINT").defaultValue() == ENDPOINT
    assert provider.algorithm("batchmap").parameterDefinition("FETCH_ENDPOINT").defaultValue() == ENDPOINT
