"""QGIS opens the virtual raster over the tiles of an archive run's composite, with the legend of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crism_gan_plugin.core.archive.ledger import DONE, LedgerLine
from crism_gan_plugin.core.archive.outcome import Outcome
from crism_gan_plugin.core.archive.ticket import issued
from crism_gan_plugin.core.archive.tiled import TiledComposite, lay_tile
from crism_gan_plugin.core.progress import Progress
from tests.mosaic_support import RADIUS, random_map, write_map


def test_qgis_shows_the_tiles_as_one_layer_with_one_legend(qgis, tmp_path: Path) -> None:
    from qgis.core import QgsPalettedRasterRenderer, QgsRasterLayer

    degree = RADIUS * np.pi / 180
    codes, similarity = random_map(np.random.default_rng(0), 40, 40)
    path = write_map(tmp_path / "a.tif", codes, similarity, left=74.0 * degree, top=16.0 * degree, pixel=degree / 20)
    plan = TiledComposite.plan([path], tmp_path / "composite", 20, "best evidence", Progress())
    lines = []
    with issued(tmp_path) as ticket:
        for job in plan.jobs(ticket):
            made: Outcome = lay_tile(job.subject)
            assert not made.error
            lines.append(LedgerLine(job.name, DONE, files=made.files, more=made.more))
    assert len([line for line in lines if line.files]) == 4
    layer = QgsRasterLayer(str(plan.write(lines)), "composite")
    assert layer.isValid()
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    labels = {each.value: each.label for each in layer.renderer().classes()}
    assert set(labels) == set(np.unique(codes[codes != 255]).tolist()) - {0} and "kaolinite" in labels[15]
    for ending in ("_similarity", "_source", "_count"):
        beside = QgsRasterLayer(str(tmp_path / "composite" / f"composite{ending}.vrt"), ending)
        assert beside.isValid()
        del beside
    del layer
