"""CRISM Denoise through the real ``qgis_process``: a TRR3 with its atmosphere, and what it wrote mapped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from tests.core.atmosphere.conftest import record as record
from tests.core.denoise.images import SEEN, Image, make_image

pytest.importorskip("torch", reason="the denoiser needs PyTorch")


@pytest.fixture
def image(tmp_path, trr3_product, record) -> Image:
    (tmp_path / "in").mkdir()
    return make_image(tmp_path / "in", trr3_product, record)


def read(path: str) -> np.ndarray:
    return gdal.Open(path).ReadAsArray()


def test_denoised_and_mapped_with_its_model(qgis_process, image, tmp_path):
    cubes = qgis_process.run_json("crism:denoise", INPUT=image.label, VOLCANO_SCANS=image.scan, OUTPUT=tmp_path / "clean.tif")
    assert {name: Path(path).name for name, path in cubes.items()} == {
        "OUTPUT": "clean.tif",
        "MODEL": "clean_model.tif",
        "BACKGROUND": "clean_background.tif",
        "PATH": "clean_path.tif",
        "TRANSMISSION": "clean_transmission.tif",
        "BAD": "clean_bad.tif",
        "PROVENANCE": "clean_provenance.json",
    }
    mapped = qgis_process.run_json(
        "crism:ganmap", INPUT=cubes["OUTPUT"], MODEL=cubes["MODEL"], CLASSES="kaolinite, Mg-carbonate", OUTPUT=tmp_path / "map.tif"
    )
    codes = read(mapped["OUTPUT"])[:, SEEN]
    assert set(np.unique(codes[14:])) <= {15, 115}  # kaolinite, where it lies
    assert (codes[:10] == 0).all()


def test_quick_and_full_within_the_map(qgis_process, image, tmp_path):
    for mode in ("quick", "full"):
        mapped = qgis_process.run_json(
            "crism:ganmap", INPUT=image.label, DENOISE=mode, CLASSES="kaolinite", OUTPUT=tmp_path / mode / "map.tif"
        )
        record = json.loads(Path(mapped["PROVENANCE"]).read_text())
        assert record["denoised"]["mode"] == mode
        assert (tmp_path / mode / "map_denoised.tif").is_file()


def test_a_mistake_is_one_line(qgis_process, image, tmp_path):
    failed = qgis_process(
        "run", "crism:denoise", "--", f"INPUT={image.label}", f"VOLCANO_SCANS={image.label}", f"OUTPUT={tmp_path / 'x.tif'}"
    )
    assert failed.returncode != 0
    assert "is not a volcano-scan record" in failed.stderr + failed.stdout
    assert "Traceback" not in failed.stderr + failed.stdout
    assert not (tmp_path / "x.tif").exists()
