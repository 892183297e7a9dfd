"""Rules that every source file keeps, read from its syntax tree: what QGIS 3.22 to 4 and the security scan ask for."""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "crism_gan_plugin"
SOURCES = sorted(PACKAGE.rglob("*.py"))
CORE = sorted((PACKAGE / "core").rglob("*.py"))
COLLECTED = [*CORE, *(ROOT / "benchmarks").glob("*.py"), *(ROOT / "tests" / "core").rglob("test_*.py")]

#: Modules of Python that Windows lacks.
POSIX_MODULES = {"fcntl", "grp", "pwd", "resource", "termios"}

#: Calls that can run what a file says, or a shell.
DANGEROUS_CALLS = {"eval", "exec", "compile", "__import__", "system", "popen", "UseExceptions", "DontUseExceptions"}
DANGEROUS_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "joblib"}

#: Enumerations that QGIS and Qt name without their class in old code; in Qt 6 only the full name exists.
QGIS_CLASS = re.compile(r"^(Q[A-Z]\w+|Qt|Qgis)$")
NOT_ENUMERATIONS = {"TEMPORARY_OUTPUT", "QGIS_VERSION", "QGIS_VERSION_INT", "Parameter", "LayerDetails", "LayerOptions", "Class"}


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def imported(file: Path) -> set[str]:
    """Top-level names of the modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return names


def relative_imports_above_core(file: Path) -> set[str]:
    """Modules outside the core that a core file imports by dots."""
    depth = len(file.relative_to(PACKAGE).parts)  # dots that lead to the package itself
    return {
        node.module or alias.name
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ImportFrom) and node.level >= depth
        for alias in node.names
    }


def short(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", CORE, ids=short)
def test_the_core_never_imports_qgis(file):
    assert not {name for name in imported(file) if name.split(".")[0] in {"qgis", "PyQt5", "PyQt6", "processing"}}
    outside = relative_imports_above_core(file)
    assert not {name for name in outside if name.split(".")[0] in {"processing", "gui", "plugin"}}


@pytest.mark.parametrize("file", SOURCES, ids=short)
def test_qt_is_imported_through_qgis_only(file):
    assert not {name for name in imported(file) if name.split(".")[0] in {"PyQt5", "PyQt6", "PySide2", "PySide6", "sip"}}


@pytest.mark.parametrize("file", SOURCES, ids=short)
def test_nothing_that_is_loaded_can_run_code(file):
    assert not {name for name in imported(file) if name.split(".")[0] in DANGEROUS_MODULES}
    for node in ast.walk(tree(file)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        allowed = ast.unparse(node.func) == "re.compile"
        assert called not in DANGEROUS_CALLS or allowed, f"line {node.lineno}: {called}"
        named = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        assert named.get("shell", "False") == "False"
        assert named.get("allow_pickle", "False") == "False"
        if ast.unparse(node.func) == "torch.load":
            assert named.get("weights_only") == "True", f"line {node.lineno}: torch.load without weights_only=True"
        if ast.unparse(node.func) == "np.load":
            assert "allow_pickle" in named, f"line {node.lineno}: np.load without allow_pickle=False"


def unscoped_enumerations(file: Path) -> Iterator[str]:
    """`QgsX.Value` where `QgsX.Enumeration.Value` is meant: an attribute of a QGIS class, capitalised, used as a value."""
    parents = {child: parent for parent in ast.walk(tree(file)) for child in ast.iter_child_nodes(parent)}
    for node, parent in parents.items():
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and QGIS_CLASS.match(node.value.id)):
            continue
        capitalised = node.attr[0].isupper() and node.attr not in NOT_ENUMERATIONS
        scope_or_call = isinstance(parent, ast.Attribute) or (isinstance(parent, ast.Call) and parent.func is node)
        if capitalised and not scope_or_call:
            yield f"{file.name}:{node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("file", [file for file in SOURCES if file not in CORE], ids=short)
def test_enumerations_are_named_in_full(file):
    assert not list(unscoped_enumerations(file))


def test_the_rule_on_enumerations_finds_what_it_should(tmp_path):
    file = tmp_path / "old.py"
    file.write_text("a = Qt.UserRole\nb = QgsProcessing.SourceType.TypeRaster\nc = f(Qgis.Critical, QgsX.Class(1))\n")
    assert [text.split(": ")[1] for text in unscoped_enumerations(file)] == ["Qt.UserRole", "Qgis.Critical"]


@pytest.mark.parametrize("file", [file for file in SOURCES if file not in CORE], ids=short)
def test_calls_of_old_qt_are_gone(file):
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"\.exec_\(|QRegExp\b|QVariant\.\w+|QDesktopWidget|pyqtSignature", text)


def test_resources_qrc_lists_every_resource_and_nothing_else():
    listed = {element.text for element in ElementTree.parse(ROOT / "resources.qrc").iter("file")}
    there = {path.relative_to(ROOT).as_posix() for path in (PACKAGE / "resources").rglob("*") if path.is_file()}
    assert listed == there


def test_icons_are_drawings_without_scripts_or_links():
    for icon in (PACKAGE / "resources" / "icons").glob("*.svg"):
        root = ElementTree.parse(icon).getroot()
        assert root.get("viewBox") == "0 0 64 64"
        tags = {element.tag.rsplit("}", 1)[-1] for element in root.iter()}
        assert tags <= {"svg", "title", "defs", "radialGradient", "stop", "circle", "path", "g", "rect"}


def test_importing_the_package_and_the_core_imports_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys; import crism_gan_plugin, crism_gan_plugin.core, crism_gan_plugin.core.cli; "
        "print(*({'numpy', 'torch', 'scipy', 'rasterio', 'osgeo', 'qgis'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stdout.strip()


def test_no_file_is_long():
    long = {short(file): lines for file in SOURCES if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 600}
    assert not long


def test_what_the_core_and_its_tests_import_at_once_is_there_on_windows_too():
    """What a function imports is its own affair."""
    found = {
        short(file): lacking
        for file in COLLECTED
        for node in tree(file).body
        if isinstance(node, ast.Import) and (lacking := POSIX_MODULES & {alias.name for alias in node.names})
    }
    assert not found


@pytest.mark.parametrize("folder", ["core", "processing", "gui", "docs", "packaging", "benchmarks", "mutants"])
def test_tests_that_run_together_have_names_of_their_own(folder):
    """Test folders are no packages: of two modules of one name in one run, pytest refuses the second."""
    names = [file.name for file in (ROOT / "tests" / folder).rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
