"""What scripts may import, and what importing costs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin import core

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "crism_gan_plugin"
PUBLIC = ["WAVELENGTHS_NM", "remove_continuum", "load_discriminator", "load_exemplars", "similarity", "map_scene", "MineralClass"]


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_there(name: str) -> None:
    assert name in core.__all__
    assert name in dir(core)
    assert getattr(core, name) is not None


def test_every_promised_name_exists() -> None:
    for name in core.__all__:
        assert getattr(core, name).__doc__ or name == "WAVELENGTHS_NM"
    with pytest.raises(AttributeError, match="no attribute 'unobtainium'"):
        core.unobtainium  # noqa: B018


def test_signature_of_map_scene() -> None:
    parameters = inspect.signature(core.map_scene).parameters
    assert list(parameters)[:2] == ["source", "out_dir"]
    wanted = {
        "identification": 0.95,
        "guess": 0.85,
        "best_guess": 0.707,
        "class_thresholds": None,
        "scales": (1, 3, 5),
        "model": None,
        "wavelengths": None,
        "exemplars": None,
        "weights": None,
        "engine": "auto",
        "progress": None,
    }
    for name, default in wanted.items():
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert parameters[name].default == default
    assert list(core.MapOutputs.__dataclass_fields__) == ["classes", "evidence", "style", "provenance"]


def test_library_has_what_scripts_use() -> None:
    library = core.load_exemplars()
    count = len(library.names)
    assert library.spectra.shape == (count, 240)
    assert np.asarray(library.class_index).shape == (count,)
    mineral = library.classes[int(library.class_index[0])]
    assert isinstance(mineral, core.MineralClass)
    assert {"code", "name", "rgb", "default_on", "low_confidence"} <= set(vars(mineral))


@pytest.mark.parametrize(
    "module", ["crism_gan_plugin", "crism_gan_plugin.core", "crism_gan_plugin.core.cli", "crism_gan_plugin.paths"]
)
def test_importing_costs_nothing(module: str) -> None:
    code = (
        f"import sys, {module}; print(*[m for m in ('numpy', 'torch', 'osgeo', 'scipy', 'rasterio', 'qgis') if m in sys.modules])"
    )
    assert run_python(code).split() == []


def test_mapping_needs_neither_torch_nor_scipy() -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'scipy', 'rasterio', 'qgis', 'matplotlib'): sys.modules[name] = None\n"
        "from crism_gan_plugin.core import map_scene, remove_continuum_scene, load_discriminator, similarity\n"
        "from crism_gan_plugin.core.network.discriminator import _backend\n"
        "print(_backend('auto')[0].__name__)"
    )
    assert run_python(code).strip() == "numpy"


def test_without_torch_the_torch_engine_and_training_say_so() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from crism_gan_plugin.core.errors import MissingDependencyError\n"
        "from crism_gan_plugin.core.network.discriminator import _backend\n"
        "from crism_gan_plugin.core.training.plan import TrainingPlan; from crism_gan_plugin.core.training.schedule import train\n"
        "from crism_gan_plugin.core.libraries.absorption import from_exemplars\n"
        "from crism_gan_plugin.core import load_exemplars\n"
        "for f in (lambda: _backend('torch'), lambda: train(from_exemplars(load_exemplars()), TrainingPlan(steps=1))):\n"
        "    try: f()\n"
        "    except MissingDependencyError as error: print(error)\n"
    )
    lines = run_python(code).splitlines()
    assert len(lines) == 2
    assert all("python3-torch" in line for line in lines)


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


CORE_FILES = sorted((PACKAGE / "core").rglob("*.py"))


@pytest.mark.parametrize("file", CORE_FILES, ids=[str(file.relative_to(PACKAGE)) for file in CORE_FILES])
def test_the_core_never_imports_qgis(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert not imported(tree) & {"qgis", "PyQt5", "PyQt6", "PySide2", "PySide6"}
    # relative imports stay inside the core, but for the paths of the plugin's own files
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            depth = len(file.relative_to(PACKAGE).parts) - node.level
            assert depth >= 1 or {alias.name for alias in node.names} == {"paths"}, ast.unparse(node)


@pytest.mark.parametrize("file", CORE_FILES, ids=[str(file.relative_to(PACKAGE)) for file in CORE_FILES])
def test_nothing_that_is_loaded_can_run(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        assert name not in ("eval", "exec", "pickle.load", "pickle.loads", "os.system", "np.loadtxt")
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        if name == "np.load":
            assert options.get("allow_pickle") == "False"
        if name.endswith("torch.load"):
            assert options.get("weights_only") == "True"
        assert options.get("shell", "False") == "False"
