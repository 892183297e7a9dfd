"""Draws docs/exemplar_libraries.png: the window of exemplar libraries, as QGIS shows it.

    make stage
    python3 tools/make_library_figure.py docs/exemplar_libraries.png

It needs QGIS with its Python, and no screen.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "build"))


def draw(target: Path) -> None:
    """Save the window with kaolinite chosen."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from qgis.core import QgsApplication

    application = QgsApplication([], True)
    application.initQgis()
    sys.path.insert(1, str(Path(QgsApplication.pkgDataPath()) / "python" / "plugins"))
    from crism_gan_plugin.gui.library_manager import LibraryManager

    window = LibraryManager()
    window.show()
    chosen = window.tree.topLevelItem(window.library.class_names.index("kaolinite"))
    chosen.setExpanded(True)
    window.tree.setCurrentItem(chosen)
    application.processEvents()
    window.grab().save(str(target))
    window.close()
    window.deleteLater()
    application.processEvents()
    application.exitQgis()


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
