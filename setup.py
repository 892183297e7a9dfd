"""Puts what lies at the top of the repository, but belongs inside the package, into the installed core (see pyproject.toml)."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


class BuildWithWeights(build_py):
    """As `make stage` does it for QGIS: metadata.txt has the version, model_weights the network."""

    def run(self) -> None:
        super().run()
        target = Path(self.build_lib) / "crism_gan_plugin"
        shutil.copy2(ROOT / "metadata.txt", target / "metadata.txt")
        shutil.copytree(ROOT / "model_weights", target / "model_weights", dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithWeights})
