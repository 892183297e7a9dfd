"""Writes the prebuilt style with the whole legend: every class of the default library, identification and guess.

    python3 tools/make_styles.py

Maps come with a style of their own, of the classes that occur; this one is for rasters whose style was lost, and for empty ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from crism_gan_plugin import paths
from crism_gan_plugin.core.libraries import load_exemplars
from crism_gan_plugin.core.mapping.legend import legend_entries, style_qml


def main() -> None:
    path = paths.style("minerals.qml")
    path.write_text(style_qml(legend_entries(load_exemplars())), encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
