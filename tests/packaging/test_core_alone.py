"""The core installed alone, for clusters: no QGIS parts in it, and all that mapping needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    pytest.importorskip("setuptools")
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in ("pyproject.toml", "setup.py", "README.md", "metadata.txt"):
        shutil.copy(ROOT / name, source / name)
    for name in ("crism_gan_plugin", "model_weights"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def test_it_has_the_core_and_nothing_of_qgis(built):
    there = {path.relative_to(built / "crism_gan_plugin").parts[0] for path in (built / "crism_gan_plugin").rglob("*.py")}
    assert "core" in there
    assert not there & {"processing", "gui", "resources"}
    assert (built / "crism_gan_plugin" / "py.typed").is_file()  # type checkers then read its annotations


def test_it_maps_without_the_repository(built, tmp_path):
    code = (
        "from crism_gan_plugin import paths; from crism_gan_plugin.core import load_discriminator, load_exemplars, similarity; "
        "library = load_exemplars(); print(paths.version(), similarity(load_discriminator(), library.spectra, library).shape)"
    )
    environment = {**os.environ, "PYTHONPATH": str(built)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"version={done.stdout.split()[0]}\n" in (ROOT / "metadata.txt").read_text(encoding="utf-8")
