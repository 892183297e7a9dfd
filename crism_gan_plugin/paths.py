"""Tells where the plugin's own files are, both in the source tree and in an installed plugin."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _beside_or_above(name: str) -> Path:
    """``name`` in the package, as in an installed plugin, or else one folder up, as in the source tree."""
    inside = PACKAGE / name
    return inside if inside.exists() else PACKAGE.parent / name


def icon(name: str) -> Path:
    return PACKAGE / "resources" / "icons" / name


def style(name: str) -> Path:
    return PACKAGE / "resources" / "styles" / name


def models() -> Path:
    return PACKAGE / "resources" / "models"


def basemaps() -> Path:
    return PACKAGE / "resources" / "basemaps.json"


def weights(name: str = "discriminator.npz") -> Path:
    return _beside_or_above("model_weights") / name


def background() -> Path:
    return weights("background.npz")


def probability() -> Path:
    return weights("probability.json")


def metadata() -> Path:
    return _beside_or_above("metadata.txt")


def exemplars() -> Path:
    return PACKAGE / "core" / "libraries" / "default_library.json"


def version() -> str:
    """The plugin's version, which metadata.txt alone states."""
    for line in metadata().read_text(encoding="utf-8").splitlines():
        if line.startswith("version="):
            return line.split("=", 1)[1].strip()
    raise RuntimeError(f"{metadata()}: no version line")
