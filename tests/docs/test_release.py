"""What stands against a release, and its notes."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import package
import pytest
import release

ROOT = Path(__file__).resolve().parents[2]
VERSION = package.metadata(ROOT)["version"]


@pytest.fixture
def repository(tmp_path) -> Path:
    """The files that have a version, without entries under *Unreleased*."""
    for name in ("metadata.txt", *release.VERSIONS):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(f"# Changes\n\n## {VERSION}\n\nBetter maps.\n\n- One.\n\n## 0.0.1\n\n- Old.\n")
    return tmp_path


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_sound_repository_can_be_released(repository):
    assert release.faults(repository) == []


@pytest.mark.parametrize("name", release.VERSIONS)
def test_another_version_is_found(repository, name):
    spoil(repository / name, VERSION, "9.9.9")
    assert f"{name}: the version is 9.9.9, but {VERSION} in metadata.txt" in release.faults(repository)


@pytest.mark.parametrize("name", release.VERSIONS)
def test_no_version_is_found(repository, name):
    (repository / name).write_text("", encoding="utf-8")
    assert f"{name}: the version is missing, but {VERSION} in metadata.txt" in release.faults(repository)


def test_unreleased_entries_are_found(repository):
    spoil(repository / "CHANGELOG.md", f"## {VERSION}", f"## Unreleased\n\n- New.\n\n## {VERSION}")
    (found,) = release.faults(repository)
    assert "Unreleased" in found


def test_a_version_without_a_word_is_found(repository):
    spoil(repository / "CHANGELOG.md", "Better maps.\n\n- One.\n", "")
    (found,) = release.faults(repository)
    assert f"nothing is said about version {VERSION}" in found


def test_links_and_paths_that_lead_nowhere_are_found(repository):
    (repository / "page.md").write_text("[a](gone.md) `tools/gone.py`\n", encoding="utf-8")
    assert release.faults(repository) == ["page.md: the link gone.md leads nowhere", "page.md: there is no tools/gone.py"]


def test_notes_are_the_changes_of_the_version_and_the_zips_checksum(repository, tmp_path):
    archive = tmp_path / "plugin.zip"
    archive.write_bytes(b"zip")
    text = release.notes(repository, archive)
    assert text.startswith(f"# CRISM GAN {VERSION}\n\nBetter maps.\n\n- One.\n\n`plugin.zip`")
    assert hashlib.sha256(b"zip").hexdigest() in text
    assert "Old" not in text


def test_the_repository_has_one_version():
    assert not [fault for fault in release.faults(ROOT) if "the version is" in fault]
