"""Public functions take the fields of their stage as keywords."""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import pytest

from crism_gan_plugin import core
from crism_gan_plugin.core.errors import InputError, ParameterError
from crism_gan_plugin.core.options.archive import ArchiveOptions
from crism_gan_plugin.core.options.band_positions import BandOptions
from crism_gan_plugin.core.options.batch import BatchOptions
from crism_gan_plugin.core.options.catalogue import CatalogueOptions
from crism_gan_plugin.core.options.continuum import ContinuumOptions
from crism_gan_plugin.core.options.denoising import CorrectionOptions, DenoiseOptions
from crism_gan_plugin.core.options.deposits import DepositOptions
from crism_gan_plugin.core.options.detection_limit import LimitOptions
from crism_gan_plugin.core.options.endmembers import EndmemberOptions
from crism_gan_plugin.core.options.fetching import FetchOptions
from crism_gan_plugin.core.options.importing import ImportOptions
from crism_gan_plugin.core.options.keywords import takes
from crism_gan_plugin.core.options.methods import CompareOptions
from crism_gan_plugin.core.options.parameter import Parameter, ValueKind
from crism_gan_plugin.core.options.report import ReportedMapOptions, ReportOptions
from crism_gan_plugin.core.options.screening import ScreenOptions
from crism_gan_plugin.core.options.similarity import SimilarityOptions
from crism_gan_plugin.core.options.stage import Options, described, parameters_of
from crism_gan_plugin.core.options.summary_parameters import SummaryOptions
from crism_gan_plugin.core.options.validation import ValidationOptions

FUNCTIONS = [
    (core.map_scene, ReportedMapOptions),
    (core.map_batch, BatchOptions),
    (core.map_archive, ArchiveOptions),
    (core.denoise_scene, DenoiseOptions),
    (core.correct_scene, CorrectionOptions),
    (core.import_product, ImportOptions),
    (core.remove_continuum_scene, ContinuumOptions),
    (core.make_deposits, DepositOptions),
    (core.catalogue_maps, CatalogueOptions),
    (core.make_report, ReportOptions),
    (core.make_similarity_map, SimilarityOptions),
    (core.validate_methods, ValidationOptions),
    (core.screen_images, ScreenOptions),
    (core.compare_methods, CompareOptions),
    (core.fit_band_positions, BandOptions),
    (core.make_summary_parameters, SummaryOptions),
    (core.find_endmembers, EndmemberOptions),
    (core.fetch_products, FetchOptions),
    (core.find_detection_limits, LimitOptions),
]


@dataclass(frozen=True)
class TeaOptions(Options):
    """Of a function that makes tea."""

    minutes: float = described(3.0, Parameter(ValueKind.NUMBER, "Minutes", "How long it draws.", least=0))
    kind: str = described(
        "green", Parameter(ValueKind.CHOICE, "ValueKind", "Which leaves.", choices={"green": "new.", "black": "old."})
    )
    with_milk: bool = described(False, Parameter(ValueKind.FLAG, "Milk", "Milk is added."))


@takes(TeaOptions, time="minutes")
def make_tea(cups: int, *, options: TeaOptions, name: str = "tea") -> tuple[int, TeaOptions, str]:
    """Make tea.

    Parameters
    ----------
    cups
        How many.
    {options}
    name
        What it is called.
    """
    return cups, options, name


def test_fields_are_keywords_and_the_rest_stays() -> None:
    assert make_tea(2) == (2, TeaOptions(), "tea")
    assert make_tea(2, minutes=5, name="x", kind="black") == (2, TeaOptions(minutes=5, kind="black"), "x")
    with pytest.raises(ParameterError, match="minutes: must be 0 or more"):
        make_tea(2, minutes=-1)


@pytest.mark.parametrize("wrong", [{"sugar": 1}, {"options": TeaOptions()}, {"cups": 3}])
def test_other_keywords_are_refused_as_python_does(wrong: dict) -> None:
    with pytest.raises(TypeError):
        make_tea(2, **wrong)


def test_an_old_keyword_still_works_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match="make_tea: time is called minutes now") as caught:
        assert make_tea(1, time=4)[1].minutes == 4
    assert caught[0].filename == __file__
    with pytest.raises(TypeError, match="time"):
        make_tea(1, time=4, minutes=5)


def test_signature_and_docstring_name_them() -> None:
    assert str(inspect.signature(make_tea)).startswith(
        "(cups: 'int', *, minutes: 'float' = 3.0, kind: 'str' = 'green', with_milk: 'bool' = False, name: 'str' = 'tea')"
    )
    assert inspect.getdoc(make_tea).splitlines()[4:] == [
        "cups",
        "    How many.",
        "minutes",
        "    How long it draws. Default: 3.0.",
        "kind",
        "    Which leaves. green: new. black: old. Default: green.",
        "with_milk",
        "    Milk is added. Default: False.",
        "name",
        "    What it is called.",
    ]


@pytest.mark.parametrize(("function", "options"), FUNCTIONS, ids=[function.__name__ for function, _ in FUNCTIONS])
def test_public_functions_have_the_keywords_of_their_stage(function: Callable[..., Any], options: type[Options]) -> None:
    signature = inspect.signature(function).parameters
    for parameter in parameters_of(options):
        assert signature[parameter.name].kind is inspect.Parameter.KEYWORD_ONLY
        assert signature[parameter.name].default == parameter.default
        assert parameter.help[:40] in function.__doc__
    assert "options" not in signature
    assert "{options}" not in function.__doc__


@pytest.mark.parametrize("function", [core.denoise_scene, core.correct_scene])
def test_transmissions_are_called_volcano_scans(function: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.warns(DeprecationWarning, match="transmissions is called volcano_scans now"), pytest.raises(InputError):
        function(tmp_path / "absent.lbl", tmp_path, transmissions=[tmp_path / "x.img"])
    with warnings.catch_warnings(), pytest.raises(InputError):
        warnings.simplefilter("error")
        function(tmp_path / "absent.lbl", tmp_path, volcano_scans=[tmp_path / "x.img"])
