"""CRISM Is It There? in a QGIS of this process, and through the real ``qgis_process``."""

from __future__ import annotations

from pathlib import Path

import pytest


def test_a_table_of_all_images(provider, scene, tmp_path):
    import processing

    given = {"INPUT": [str(scene)], "CLASSES": "kaolinite, gypsum", "OUTPUT": str(tmp_path / "t.csv")}
    results = processing.run("crism:targetscreen", given)
    lines = Path(results["OUTPUT"]).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3 and lines[0].startswith("scene,mineral,code,verdict")
    assert results["FAILED"] == 0 and Path(results["PROVENANCE"]).is_file()


def test_qgis_process_takes_a_folder(qgis_process, scene, tmp_path):
    results = qgis_process.run_json("crism:targetscreen", FOLDER=scene.parent, OUTPUT=tmp_path / "t.csv")
    assert Path(results["OUTPUT"]).is_file()


def test_no_image_is_told_in_one_line(provider, tmp_path):
    import processing
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="no image is given"):
        processing.run("crism:targetscreen", {"OUTPUT": str(tmp_path / "t.csv")})
