"""QGIS 4 has Qt 6: what the plugin takes from Qt is there under the same name, and every module that QGIS loads can be imported.

No QGIS with Qt 6 is needed: PyQt6 stands where QGIS would put it, and stand-ins for QGIS's own classes know only enumerations
that are named in full.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "crism_gan_plugin"
IN_QGIS = [file for file in sorted(PACKAGE.rglob("*.py")) if "core" not in file.relative_to(PACKAGE).parts]

#: Stands in for QGIS. `Class.Enumeration.Value` can be combined by "|"; `Class.Value` alone cannot, as in QGIS with Qt 6.
QGIS_WITH_QT6 = """
import importlib, pkgutil, sys, types

class Value:
    def __or__(self, other):
        return self

class Enumeration:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Value()
    def __call__(self, *arguments, **named):
        return self

class OfQgis(type):
    def __getattr__(cls, name):
        if name.startswith("__") or not name[0].isupper():
            raise AttributeError(name)
        return Enumeration()

class Stub(types.ModuleType):
    __path__ = []
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        setattr(self, name, OfQgis(name, (), {}))
        return getattr(self, name)

QGIS = ("qgis", "qgis.core", "qgis.gui", "qgis.utils", "processing", "processing.gui", "processing.gui.wrappers")
for name in QGIS:
    sys.modules[name] = Stub(name)
sys.modules["qgis.PyQt"] = importlib.import_module("PyQt6")
for name in ("QtCore", "QtGui", "QtWidgets", "QtNetwork", "QtXml"):
    sys.modules[f"qgis.PyQt.{name}"] = importlib.import_module(f"PyQt6.{name}")
"""


def run_with_qt6(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", QGIS_WITH_QT6 + code], cwd=ROOT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def qt6() -> None:
    done = subprocess.run([sys.executable, "-c", "import PyQt6.QtWidgets"], capture_output=True)
    if done.returncode:
        pytest.skip("PyQt6 is not installed (python3-pyqt6)")


def taken_from_qt(file: Path) -> Iterator[tuple[str, str]]:
    """(module, dotted name) of all that a file takes from Qt, attributes of classes included: ("QtCore", "Qt.Key.Key_A")."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    modules = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qgis.PyQt."):
            for alias in node.names:
                modules[alias.asname or alias.name] = (node.module or "").split(".")[-1], alias.name
    for module, name in modules.values():
        yield module, name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, *rest = ast.unparse(node).split(".")
            if first in modules and all(part.isidentifier() for part in rest):
                module, name = modules[first]
                yield module, ".".join([name, *rest])


def test_what_is_taken_from_qt_is_in_qt6(qt6: None) -> None:
    names = sorted({name for file in IN_QGIS for name in taken_from_qt(file)})
    assert ("QtWidgets", "QAction") in names  # its module changed; QGIS gives it in both places
    code = f"""
from functools import reduce
missing = []
for module, name in {names!r}:
    try:
        reduce(getattr, name.split("."), sys.modules["qgis.PyQt." + module])
    except AttributeError:
        missing.append(module + "." + name)
print(*missing)
"""
    done = run_with_qt6(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["QtWidgets.QAction"]  # which QGIS's qgis.PyQt adds there


def test_every_module_can_be_imported_with_qt6(qt6: None) -> None:
    modules = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in IN_QGIS]
    code = f"""
sys.modules["qgis.PyQt.QtWidgets"].QAction = sys.modules["qgis.PyQt.QtGui"].QAction  # as QGIS does
for module in {modules!r}:
    importlib.import_module(module)
print("imported", len({modules!r}))
"""
    done = run_with_qt6(code)
    assert done.stdout.split() == ["imported", str(len(modules))], done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("from qgis.core import QgsProcessing; QgsProcessing.TypeFile | 0", "TypeError"),
        ("from qgis.PyQt.QtCore import Qt; Qt.UserRole", "AttributeError"),
        ("from qgis.PyQt.QtCore import QRegExp", "ImportError"),
    ],
)
def test_the_stand_in_refuses_what_qgis_with_qt6_refuses(qt6: None, line: str, error: str) -> None:
    assert error in run_with_qt6(line).stderr
