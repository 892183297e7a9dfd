"""Puts the plugin together: `stage` in build/crism_gan_plugin, `zip` for QGIS, `deploy` into a QGIS profile. Standard library only.

The zip is checked against the rules of the QGIS plugin repository (its validator and its security scan): what passes here can
be uploaded there.
"""

from __future__ import annotations

import argparse
import configparser
import shutil
import sys
import zipfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
NAME = "crism_gan_plugin"
STAGE = ROOT / "build" / NAME

SIZE_LIMIT = 25 * 2**20
REQUIRED_KEYS = (
    "name",
    "description",
    "about",
    "version",
    "qgisMinimumVersion",
    "author",
    "email",
    "tracker",
    "repository",
    "homepage",
    "hasProcessingProvider",
    "icon",
)
REQUIRED_FILES = ("__init__.py", "metadata.txt", "LICENSE")
REFUSED_SUFFIXES = {".pyc", ".pyo", ".exe", ".dll", ".so", ".dylib", ".bat", ".cmd", ".sh", ".ps1", ".pt", ".pkl"}
REFUSED_NAMES = {"__pycache__", "__MACOSX", ".git", ".DS_Store"}
ZIP_DATE = (2020, 1, 1, 0, 0, 0)  # one date for all: the same files give the same zip


def stage(target: Path = STAGE) -> Path:
    """The plugin folder as it is in the zip: the package, and what lies at the top of the repository but belongs inside."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / NAME, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"))
    shutil.copytree(ROOT / "model_weights", target / "model_weights", ignore=shutil.ignore_patterns(".*"))
    shutil.copy2(ROOT / "LICENSE", target / "LICENSE")
    shutil.copy2(ROOT / "metadata.txt", target / "metadata.txt")
    return target


def make_zip(folder: Path = STAGE) -> Path:
    """A zip of a staged plugin that depends on nothing but the files' names and contents."""
    target = folder.parent / f"{NAME}-{metadata(folder)['version']}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            entry = zipfile.ZipInfo(f"{NAME}/{file.relative_to(folder).as_posix()}", ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, file.read_bytes())
    return target


def metadata(folder: Path) -> dict[str, str]:
    """The [general] section of metadata.txt, its keys as they are written."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(folder / "metadata.txt", encoding="utf-8")
    return dict(parser["general"])


def faults(archive_path: Path) -> list[str]:
    """What the QGIS plugin repository would refuse the zip for; empty when it is fine."""
    found = []
    if archive_path.stat().st_size > SIZE_LIMIT:
        found.append(f"{archive_path.name}: {archive_path.stat().st_size / 2**20:.1f} MB, but 25 MB is the limit")
    with zipfile.ZipFile(archive_path) as archive:
        names = archive.namelist()
        found += [f"{name}: {reason}" for name in names for reason in _name_faults(name)]
        found += [f"{NAME}/{name} is missing" for name in REQUIRED_FILES if f"{NAME}/{name}" not in names]
        if f"{NAME}/metadata.txt" in names:
            found += _metadata_faults(archive)
    return found


def _name_faults(name: str) -> list[str]:
    path = PurePosixPath(name)
    found = []
    if path.parts[0] != NAME or not path.parts[0].isidentifier():
        found.append(f"is not below the one folder {NAME}")
    if ".." in path.parts or "\\" in name or ":" in name or path.is_absolute():
        found.append("leads out of the plugin's folder")
    if path.suffix.lower() in REFUSED_SUFFIXES or REFUSED_NAMES & set(path.parts) or path.name.endswith("_rc.py"):
        found.append("may not be in a plugin")
    return found


def _metadata_faults(archive: zipfile.ZipFile) -> list[str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(archive.read(f"{NAME}/metadata.txt").decode("utf-8"))
    general = parser["general"]
    found = [f"metadata.txt: {key} is missing" for key in REQUIRED_KEYS if not general.get(key)]
    if "/" in general.get("author", ""):
        found.append("metadata.txt: author may not contain a slash")
    if "supportsQt6" in general:
        found.append("metadata.txt: supportsQt6 is no longer a key; qgisMaximumVersion says it")
    if f"{NAME}/{general.get('icon')}" not in archive.namelist():
        found.append("metadata.txt: icon names no file of the plugin")
    return found


def deploy(profile: Path) -> Path:
    """Link the staged plugin into a QGIS profile, so that the next `stage` is seen by the next start of QGIS."""
    link = profile / "python" / "plugins" / NAME
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink():
        link.unlink()
    elif link.exists():
        sys.exit(f"{link}: there is an installed plugin; remove it in QGIS first (Plugins > Manage and Install Plugins)")
    link.symlink_to(STAGE, target_is_directory=True)
    return link


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("stage", "zip", "deploy"))
    parser.add_argument("profile", nargs="?", type=Path, help="folder of a QGIS profile, for deploy")
    arguments = parser.parse_args()
    if arguments.what == "stage":
        print(stage().relative_to(ROOT))
    elif arguments.what == "deploy":
        if arguments.profile is None:
            parser.error("deploy needs the folder of a QGIS profile")
        print(f"{deploy(arguments.profile)}: start QGIS and tick CRISM GAN in the plugin manager")
    else:
        archive = make_zip()
        if found := faults(archive):
            archive.unlink()
            sys.exit("\n".join(found))
        print(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 2**20:.2f} MB")


if __name__ == "__main__":
    main()
