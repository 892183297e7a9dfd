"""What is said of parameters is whole, and what makes no sense is refused."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.georeferencing.resampling import RESAMPLING as RESAMPLERS
from crism_gan_plugin.core.mosaic.strategies import STRATEGIES as RULES
from crism_gan_plugin.core.options.archive import ArchiveOptions
from crism_gan_plugin.core.options.band_positions import BandOptions
from crism_gan_plugin.core.options.batch import BatchOptions
from crism_gan_plugin.core.options.catalogue import CatalogueOptions
from crism_gan_plugin.core.options.composite import STRATEGIES, CompositeOptions
from crism_gan_plugin.core.options.continuum import ContinuumOptions
from crism_gan_plugin.core.options.denoising import CorrectionOptions, DenoiseCommandOptions, DenoiseOptions
from crism_gan_plugin.core.options.deposits import DepositOptions
from crism_gan_plugin.core.options.endmembers import EndmemberOptions
from crism_gan_plugin.core.options.fetching import FetchOptions
from crism_gan_plugin.core.options.importing import RESAMPLING, ImportOptions
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.options.methods import CompareOptions
from crism_gan_plugin.core.options.parameter import ValueKind
from crism_gan_plugin.core.options.report import ReportedMapOptions, ReportOptions
from crism_gan_plugin.core.options.screening import ScreenOptions
from crism_gan_plugin.core.options.shared import InfoOptions
from crism_gan_plugin.core.options.similarity import SimilarityOptions
from crism_gan_plugin.core.options.simulation import PracticeOptions
from crism_gan_plugin.core.options.stage import parameter_of, parameters_of
from crism_gan_plugin.core.options.summary_parameters import SummaryOptions
from crism_gan_plugin.core.options.training import LOSSES, TrainingOptions
from crism_gan_plugin.core.options.validation import ValidationOptions
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

STAGES = [
    MapOptions,
    BatchOptions,
    ArchiveOptions,
    CorrectionOptions,
    DenoiseOptions,
    DenoiseCommandOptions,
    CompositeOptions,
    ImportOptions,
    ContinuumOptions,
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
    FetchOptions,
    TrainingOptions,
    PracticeOptions,
    InfoOptions,
]


@pytest.mark.parametrize("stage", STAGES)
def test_every_field_is_described(stage: type) -> None:
    stage()  # the defaults pass their own checks
    for parameter in parameters_of(stage):
        assert parameter.title and parameter.title[0].isupper()
        assert re.fullmatch(r"[A-Z].*\.", parameter.help), parameter.name
        assert "<" not in parameter.sentences()
        assert bool(parameter.choices) == (parameter.kind in (ValueKind.CHOICE, ValueKind.CHOICES))
        assert all(meaning.endswith(".") for meaning in parameter.choices.values())
        assert parameter.kind is not ValueKind.CHOICE or parameter.default in parameter.choices
        assert parameter.default == getattr(stage(), parameter.name)
    words = [parameter.word for parameter in parameters_of(stage)]
    ids = [parameter.id for parameter in parameters_of(stage)]
    assert len(set(words)) == len(words) == len(set(ids)) == len(fields(stage))


def test_one_word_for_one_thing() -> None:
    """The same option is of the same kind in every command."""
    kinds: dict[str, set[ValueKind]] = {}
    for stage in STAGES:
        for parameter in parameters_of(stage):
            switch = "no-" if parameter.kind is ValueKind.FLAG and parameter.default else ""
            kinds.setdefault(f"{switch}{parameter.word}", set()).add(parameter.kind)
    assert {word for word, found in kinds.items() if len(found) > 1} == set()


def test_options_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        MapOptions().guess = 0.5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("stage", "given", "said"),
    [
        (MapOptions, {"denoise": "some"}, "denoise 'some': must be one of off, quick, full"),
        (MapOptions, {"method": None}, "method None: must be one of ground, paper"),
        (MapOptions, {"lead": 1.5}, "lead: must be from 0 to 1, not 1.5"),
        (MapOptions, {"lead": float("nan")}, "lead: must be from 0 to 1, not nan"),
        (MapOptions, {"guess": "high"}, "guess 'high': must be a number"),
        (MapOptions, {"guess": None}, "guess None: must be a number"),
        (MapOptions, {"guess": True}, "guess True: must be a number"),
        (BatchOptions, {"support": "both"}, "support 'both': must be one of pixel, paper"),
        (DenoiseOptions, {"device": "abacus"}, "device 'abacus': must be one of auto, cpu, cuda"),
        (ImportOptions, {"resampling": "cubic"}, "resampling 'cubic': must be one of nearest, bilinear"),
        (TrainingOptions, {"patience": -1}, "patience: must be 0 or more, not -1"),
        (MapOptions, {"classes": "talc"}, "classes 'talc': must be a list of names, such as ['talc']"),
        (MapOptions, {"scales": 3}, "scales 3: must be a list of numbers"),
        (MapOptions, {"volcano_scans": "a.img"}, "volcano_scans 'a.img': must be a list of files, such as ['a.img']"),
        (MapOptions, {"weights": 3}, "weights 3: must be the path of a file"),
        (MapOptions, {"crs": 49910}, "crs 49910: must be a text such as 'IAU_2015:49910'"),
        (MapOptions, {"evidence": "no"}, "evidence 'no': must be True or False"),
        (
            MapOptions,
            {"class_thresholds": "talc=1,1"},
            "class_thresholds 'talc=1,1': must be names with their pairs of numbers, such as {'kaolinite': (0.8, 0.93)}",
        ),
        (BatchOptions, {"strategy": None}, f"strategy None: must be one of {', '.join(STRATEGIES)}"),
        (ContinuumOptions, {"range_nm": 1000}, "range_nm 1000: must be two numbers"),
        (CompositeOptions, {"extent": (0, 1, 2)}, "extent (0, 1, 2): must be four numbers"),
        (CompositeOptions, {"pixel_size": "18 m"}, "pixel_size '18 m': must be a number"),
        (TrainingOptions, {"steps": 0}, "steps: must be 1 or more, not 0"),
        (TrainingOptions, {"seed": 1.5}, "seed 1.5: must be a whole number"),
        (CompareOptions, {"method_parameters": "a.b=1"}, "method_parameters 'a.b=1': must be a list of texts, such as ['a.b=1']"),
        (CompareOptions, {"precision": 95}, "precision: must be from 0 to 1, not 95"),
        (SummaryOptions, {"products": "MAF"}, "products 'MAF': must be a list of names, such as ['MAF']"),
        (TrainingOptions, {"losses": "none"}, "losses 'none': must be one of both, adversarial, contrastive"),
    ],
)
def test_what_makes_no_sense_is_refused(stage: type, given: dict, said: str) -> None:
    with pytest.raises(ParameterError) as raised:
        stage(**given)
    assert str(raised.value) == said


def test_numbers_of_numpy_are_numbers() -> None:
    assert MapOptions(lead=np.float32(0.5)).lead == 0.5
    assert TrainingOptions(steps=np.int64(3)).steps == 3


def test_what_may_be_left_out_may_be_none() -> None:
    options = BatchOptions(composite=None, crs=None, classes=None, volcano_scans=None)
    assert options.composite is None
    assert options.volcano_scans == ()


def test_choices_are_what_the_stages_have() -> None:
    """Where a table has the functions, it has one for each word, and no other."""
    assert list(RESAMPLERS) == list(RESAMPLING)
    assert list(RULES) == list(STRATEGIES)


def test_losses_are_what_training_has() -> None:
    pytest.importorskip("torch")
    from crism_gan_plugin.core.training.pipeline import LOSS_WEIGHTS

    assert list(LOSS_WEIGHTS) == list(LOSSES)


def test_the_range_is_the_grid_s() -> None:
    assert parameter_of(ContinuumOptions, "range_nm").default == pytest.approx((WAVELENGTHS_NM[0], WAVELENGTHS_NM[-1]), abs=1e-9)


@pytest.mark.parametrize("value", [object(), 1j, [object()], {"a": 1}], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("stage", STAGES)
def test_what_is_no_value_at_all_is_one_line_that_names_the_parameter(stage: type, value: object) -> None:
    for parameter in parameters_of(stage):
        if isinstance(value, (list, dict)) and parameter.kind in (
            ValueKind.NAMES,
            ValueKind.SIZES,
            ValueKind.FILES,
            ValueKind.IMAGES,
            ValueKind.THRESHOLDS,
            ValueKind.SETTINGS,
        ):
            continue  # what is in them, the stage tells
        with pytest.raises(ParameterError) as raised:
            stage(**{parameter.name: value})
        assert str(raised.value).startswith(f"{parameter.name} ")
        assert "\n" not in str(raised.value)
