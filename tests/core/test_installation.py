"""What CRISM Check Installation finds, against what is really there."""

from __future__ import annotations

import hashlib
import importlib
import sys

import pytest

from crism_gan_plugin import paths
from crism_gan_plugin.core.compute import matrix
from crism_gan_plugin.core.installation import Component, inspect_installation


def by_name(components: list[Component]) -> dict[str, Component]:
    return {component.name: component for component in components}


@pytest.fixture
def without(monkeypatch):
    """A way to make modules unimportable, as on a machine that lacks them."""

    def remove(*modules: str, error: type[Exception] = ImportError) -> None:
        real = importlib.import_module

        def fake(name: str, package: str | None = None):
            if name.split(".")[0] in modules:
                raise error(name)
            return real(name, package)

        monkeypatch.setattr(importlib, "import_module", fake)

    return remove


def test_versions_are_those_of_the_packages():
    import numpy
    from osgeo import gdal

    found = by_name(inspect_installation())
    assert found["CRISM GAN"].version == paths.version()
    assert found["NumPy"].version == numpy.__version__
    assert found["GDAL"].version == gdal.__version__
    assert found["Python"].version == ".".join(map(str, sys.version_info[:3]))


def test_every_component_says_what_it_is_for_and_prints_on_one_line():
    for component in inspect_installation():
        assert component.needed_for
        assert "\n" not in str(component)


@pytest.mark.parametrize("error", [ImportError, RuntimeError])
def test_a_missing_or_broken_package_is_named_with_advice(without, error):
    without("scipy", "torch", "rasterio", error=error)
    found = by_name(inspect_installation())
    for name in ("SciPy", "PyTorch", "rasterio"):
        assert found[name].version is None
        assert found[name].advice
        assert not found[name].required
    assert found['Engine "auto"'].version == "numpy"


def test_a_rasterio_with_a_gdal_of_its_own_is_told(monkeypatch):
    rasterio = pytest.importorskip("rasterio")
    monkeypatch.setattr(rasterio, "__gdal_version__", "1.2.3")
    assert "its own GDAL 1.2.3" in by_name(inspect_installation())["rasterio"].advice


def test_slow_matrix_products_are_told(monkeypatch):
    monkeypatch.setattr(matrix, "rate", lambda product: 2.5)
    assert "BLAS" in by_name(inspect_installation())["Matrix products"].advice
    monkeypatch.setattr(matrix, "rate", lambda product: 180.0)
    assert not by_name(inspect_installation())["Matrix products"].advice


def test_missing_weights_are_told(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "weights", lambda: tmp_path / "discriminator.npz")
    found = by_name(inspect_installation())["Weights discriminator.npz"]
    assert found.version is None and found.required and found.advice


def test_weights_are_told_with_their_checksum(monkeypatch, tmp_path):
    (tmp_path / "discriminator.npz").write_bytes(b"weights")
    monkeypatch.setattr(paths, "weights", lambda: tmp_path / "discriminator.npz")
    found = by_name(inspect_installation())["Weights discriminator.npz"]
    assert found.version == "sha256 " + hashlib.sha256(b"weights").hexdigest()
