"""Defaults, choices and help of a stage's parameters stand in ``core/options``, and nowhere else in the plugin."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from crism_gan_plugin.core.options.archive import ArchiveOptions
from crism_gan_plugin.core.options.band_positions import BandOptions
from crism_gan_plugin.core.options.batch import BatchOptions
from crism_gan_plugin.core.options.catalogue import CatalogueOptions
from crism_gan_plugin.core.options.composite import CompositeOptions
from crism_gan_plugin.core.options.continuum import ContinuumOptions
from crism_gan_plugin.core.options.denoising import DenoiseCommandOptions
from crism_gan_plugin.core.options.deposits import DepositOptions
from crism_gan_plugin.core.options.endmembers import EndmemberOptions
from crism_gan_plugin.core.options.fetching import FetchOptions
from crism_gan_plugin.core.options.importing import ImportOptions
from crism_gan_plugin.core.options.mapping import BEST_GUESS, GUESS, IDENTIFICATION
from crism_gan_plugin.core.options.methods import CompareOptions
from crism_gan_plugin.core.options.parameter import Parameter, ValueKind
from crism_gan_plugin.core.options.report import ReportedMapOptions, ReportOptions
from crism_gan_plugin.core.options.screening import ScreenOptions
from crism_gan_plugin.core.options.similarity import SimilarityOptions
from crism_gan_plugin.core.options.simulation import PracticeOptions
from crism_gan_plugin.core.options.stage import parameters_of
from crism_gan_plugin.core.options.summary_parameters import SummaryOptions
from crism_gan_plugin.core.options.training import TrainingOptions
from crism_gan_plugin.core.options.validation import ValidationOptions

PLUGIN = Path(__file__).resolve().parents[3] / "crism_gan_plugin"

STAGES = (
    BatchOptions,
    ArchiveOptions,
    DenoiseCommandOptions,
    FetchOptions,
    ImportOptions,
    ContinuumOptions,
    CompositeOptions,
    CatalogueOptions,
    DepositOptions,
    ReportedMapOptions,
    ReportOptions,
    SimilarityOptions,
    ScreenOptions,
    ValidationOptions,
    CompareOptions,
    BandOptions,
    SummaryOptions,
    EndmemberOptions,
    TrainingOptions,
    PracticeOptions,
)
PARAMETERS = {parameter.name: parameter for stage in STAGES for parameter in parameters_of(stage)}

#: Of everything random, and so a parameter of many small functions with another meaning each.
COMMON = {"seed"}


def sources() -> list[Path]:
    options = PLUGIN / "core" / "options"
    return sorted(file for file in PLUGIN.rglob("*.py") if options not in file.parents)


def literal(node: ast.AST) -> object:
    """The value of a literal; None for anything else."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


def defaults(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Names with their defaults: of arguments, and of the fields of classes."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            arguments = node.args
            places = [*arguments.posonlyargs, *arguments.args]
            yield from zip((each.arg for each in places[len(places) - len(arguments.defaults) :]), arguments.defaults)
            yield from ((each.arg, default) for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults) if default)
        elif isinstance(node, ast.ClassDef):
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and field.value is not None and isinstance(field.target, ast.Name):
                    yield field.target.id, field.value


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(PLUGIN)))
def test_no_default_stands_elsewhere(file: Path) -> None:
    """A parameter's own default, written beside its name once more."""
    found = []
    for name, default in defaults(ast.parse(file.read_text(encoding="utf-8"))):
        parameter = PARAMETERS.get(name)
        if parameter is None or name in COMMON or parameter.default in (None, (), False):
            continue
        if literal(default) == parameter.default:
            found.append(f"{name} = {ast.unparse(default)} in line {default.lineno}")
    assert found == []


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(PLUGIN)))
def test_no_choices_stand_elsewhere(file: Path) -> None:
    """All words of a choice in one list, set or call; a table that has something for each word is no copy."""
    choices = {frozenset(each.choices) for each in PARAMETERS.values() if each.kind is ValueKind.CHOICE}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            assert frozenset(map(str, map(literal, node.elts))) not in choices, f"line {node.lineno}"


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(PLUGIN)))
def test_the_paper_s_thresholds_stand_elsewhere_only_as_other_numbers(file: Path) -> None:
    """No number is given a meaning of the thresholds: as a value by one of their names, or several of them together."""
    three = {IDENTIFICATION, GUESS, BEST_GUESS}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant):
            assert node.value != BEST_GUESS, f"line {node.lineno}"
        elif isinstance(node, (ast.Tuple, ast.List, ast.Dict)):
            numbers = node.keys if isinstance(node, ast.Dict) else node.elts
            assert len(three & {each.value for each in numbers if isinstance(each, ast.Constant) and each.value}) < 2


@pytest.mark.parametrize("file", sources(), ids=lambda file: str(file.relative_to(PLUGIN)))
def test_no_help_is_copied(file: Path) -> None:
    text = " ".join(file.read_text(encoding="utf-8").split())
    assert [each.name for each in PARAMETERS.values() if each.help in text] == []


def test_the_check_finds_what_it_is_for() -> None:
    tree = ast.parse("def f(guess=0.85, *, engine='auto', lead=1): pass\nclass A:\n    steps: int = 1000\n")
    assert [(name, literal(default)) for name, default in defaults(tree)] == [
        ("guess", 0.85),
        ("engine", "auto"),
        ("lead", 1),
        ("steps", 1000),
    ]
    assert isinstance(PARAMETERS["guess"], Parameter)
