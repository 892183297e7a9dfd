"""Packages that may be missing: what says so, and how to get them."""

from __future__ import annotations

import math
import sys

import pytest

from crism_gan_plugin.core import packages
from crism_gan_plugin.core.errors import MissingDependencyError
from crism_gan_plugin.core.packages import how_to_get, load, loaded


def test_a_package_comes_with_its_modules():
    numpy = load("numpy", "x needs NumPy", "polynomial.chebyshev")
    assert numpy is sys.modules["numpy"]
    assert "numpy.polynomial.chebyshev" in sys.modules
    assert loaded("math") is math


def test_a_missing_package_is_one_line_with_need_cause_advice_and_way_out(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setattr(packages, "_source_of_qgis", lambda: "conda")
    with pytest.raises(MissingDependencyError) as caught:
        load("scipy", "fits need SciPy", "optimize", instead="maps do not need it")
    said = str(caught.value)
    assert said.startswith("fits need SciPy, which cannot be imported (")
    assert said.endswith("): conda install -c conda-forge scipy; maps do not need it")
    assert loaded("scipy") is None


@pytest.mark.parametrize("error", [AttributeError, OSError, RuntimeError, SystemError])
def test_a_package_built_for_others_is_a_missing_one(tmp_path, monkeypatch, error):
    (tmp_path / "rasterio.py").write_text(f"raise {error.__name__}('built for another NumPy')\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "rasterio"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingDependencyError, match="built for another NumPy"):
        load("rasterio", "deposits need rasterio")
    assert loaded("rasterio") is None


def test_advice_names_the_source_that_qgis_came_from(monkeypatch):
    for source, words in {"apt": "apt install", "conda": "conda-forge", "osgeo4w": "OSGeo4W", None: "where your QGIS"}.items():
        monkeypatch.setattr(packages, "_source_of_qgis", lambda source=source: source)
        assert words in how_to_get("scipy")
        assert "pip" not in how_to_get("scipy")
    monkeypatch.setattr(packages, "_source_of_qgis", lambda: "apt")
    assert how_to_get("torch").endswith("python3-torch")
