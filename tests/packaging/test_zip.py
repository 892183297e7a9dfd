"""The zip that QGIS installs: the rules of the QGIS plugin repository, and the same bytes every time."""

from __future__ import annotations

import ast
import configparser
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_tool():
    spec = importlib.util.spec_from_file_location("package_tool", ROOT / "tools" / "package.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


package = load_tool()


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("zip") / package.NAME
    return package.make_zip(package.stage(folder))


@pytest.fixture
def installed(archive, tmp_path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    return tmp_path


def test_the_zip_has_no_fault(archive):
    assert package.faults(archive) == []


def test_the_zip_holds_what_the_plugin_needs(archive):
    names = zipfile.ZipFile(archive).namelist()
    for name in (
        "__init__.py",
        "metadata.txt",
        "LICENSE",
        "core/cli.py",
        "py.typed",
        "core/libraries/default_library.json",
        "core/spectra/network_grid.txt",
        "model_weights/discriminator.npz",
        "model_weights/discriminator.json",
        "resources/icons/crism_gan.png",
    ):
        assert f"{package.NAME}/{name}" in names


def test_the_same_files_give_the_same_bytes(archive, tmp_path):
    again = package.stage(tmp_path / package.NAME)
    for file in again.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    assert package.make_zip(again).read_bytes() == archive.read_bytes()


def test_the_zip_names_its_version(archive):
    assert archive.name == f"crism_gan_plugin-{package.metadata(ROOT)['version']}.zip"


FAULTY = {
    "compiled python": "crism_gan_plugin/core/x.pyc",
    "a cache": "crism_gan_plugin/__pycache__/x.txt",
    "a pickle of weights": "crism_gan_plugin/model_weights/x.pt",
    "a shell script": "crism_gan_plugin/x.sh",
    "compiled resources": "crism_gan_plugin/resources_rc.py",
    "a second folder": "other/x.py",
    "a way out": "crism_gan_plugin/../x.py",
}


@pytest.mark.parametrize("fault", FAULTY)
def test_faults_are_found(archive, tmp_path, fault):
    spoilt = tmp_path / archive.name
    shutil.copy(archive, spoilt)
    with zipfile.ZipFile(spoilt, "a") as opened:
        opened.writestr(FAULTY[fault], "")
    assert any(FAULTY[fault] in found for found in package.faults(spoilt))


def test_missing_licence_and_metadata_keys_are_found(tmp_path):
    spoilt = tmp_path / "spoilt.zip"
    with zipfile.ZipFile(spoilt, "w") as opened:
        opened.writestr("crism_gan_plugin/__init__.py", "")
        opened.writestr("crism_gan_plugin/metadata.txt", "[general]\nname=x\nauthor=a/b\nsupportsQt6=yes\n")
    found = " ".join(package.faults(spoilt))
    for words in ("LICENSE is missing", "tracker is missing", "slash", "supportsQt6", "icon names no file"):
        assert words in found


def test_too_large_a_zip_is_found(archive, monkeypatch):
    monkeypatch.setattr(package, "SIZE_LIMIT", 1000)
    assert "25 MB" in package.faults(archive)[0]


def test_deploy_links_into_a_profile_and_spares_an_installed_plugin(tmp_path):
    profile = tmp_path / "profile"
    for _ in range(2):
        link = package.deploy(profile)
        assert link.is_symlink() and link.readlink() == package.STAGE
    link.unlink()
    link.mkdir()
    with pytest.raises(SystemExit, match="installed plugin"):
        package.deploy(profile)


def test_installed_plugin_finds_its_files_and_runs_its_command_line(installed):
    code = (
        "from crism_gan_plugin import paths; from crism_gan_plugin.core import load_discriminator, load_exemplars; "
        "load_exemplars(); load_discriminator(); print(paths.version(), paths.weights().parent.parent.name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=installed, env={**os.environ, "PYTHONPATH": ""}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [package.metadata(ROOT)["version"], package.NAME]


def test_one_version_everywhere():
    version = package.metadata(ROOT)["version"]
    assert f'\nversion = "{version}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_metadata_has_no_stray_key_and_no_placeholder():
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "metadata.txt", encoding="utf-8")
    assert parser.sections() == ["general"]
    general = package.metadata(ROOT)
    assert general["qgisMinimumVersion"] == "3.22"
    assert float(general["qgisMaximumVersion"]) >= 4.0
    assert general["hasProcessingProvider"] == "yes"
    for key in ("homepage", "tracker", "repository"):
        assert general[key].startswith("https://")
    assert not any(word in value for value in general.values() for word in ("TODO", "example.", "http://", "xxx"))


def test_sources_parse_as_python_3_9():
    for file in (ROOT / package.NAME).rglob("*.py"):
        ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 9))
