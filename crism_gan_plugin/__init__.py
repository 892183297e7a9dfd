"""CRISM GAN: mineral maps of Mars from CRISM images. Importing the package imports nothing heavy."""

from __future__ import annotations

from typing import Any


def classFactory(iface: Any) -> Any:  # noqa: N802 - the name is QGIS's
    """What QGIS calls to make the plugin."""
    from .plugin import CrismGanPlugin

    return CrismGanPlugin(iface)
