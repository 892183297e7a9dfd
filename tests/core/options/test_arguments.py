"""The command line has an option for each parameter, with its default, choices and help."""

from __future__ import annotations

import argparse

import pytest

from crism_gan_plugin.core.cli import _parser
from crism_gan_plugin.core.options.archive import ArchiveOptions
from crism_gan_plugin.core.options.arguments import add_options, values_of
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
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.options.methods import CompareOptions
from crism_gan_plugin.core.options.parameter import ValueKind
from crism_gan_plugin.core.options.report import ReportedMapOptions, ReportOptions
from crism_gan_plugin.core.options.screening import ScreenOptions
from crism_gan_plugin.core.options.shared import InfoOptions
from crism_gan_plugin.core.options.similarity import SimilarityOptions
from crism_gan_plugin.core.options.simulation import PracticeOptions
from crism_gan_plugin.core.options.stage import Options, parameters_of
from crism_gan_plugin.core.options.summary_parameters import SummaryOptions
from crism_gan_plugin.core.options.training import TrainingOptions
from crism_gan_plugin.core.options.validation import ValidationOptions

COMMANDS = {
    "map": ReportedMapOptions,
    "batch": BatchOptions,
    "archive": ArchiveOptions,
    "denoise": DenoiseCommandOptions,
    "fetch": FetchOptions,
    "import": ImportOptions,
    "continuum": ContinuumOptions,
    "mosaic": CompositeOptions,
    "deposits": DepositOptions,
    "catalogue": CatalogueOptions,
    "report": ReportOptions,
    "similarity": SimilarityOptions,
    "compare": CompareOptions,
    "bandfit": BandOptions,
    "summary": SummaryOptions,
    "screen": ScreenOptions,
    "endmembers": EndmemberOptions,
    "validate": ValidationOptions,
    "simulate": PracticeOptions,
    "info": InfoOptions,
    "train": TrainingOptions,
}

#: Words that scripts have; none of them may go.
WORDS = {
    "map": "--wavelengths --quiet --volcano-scans --scan-table --denoise --crs --exemplars --classes --weights --identification "
    "--guess --best-guess --lead --class-threshold --scales --method --support --ratio "
    "--reliability --max-false-share --probability --unlisted --artefacts --limits --engine --out-dir --model-in --geometry "
    "--ddr --no-evidence --report --no-catalogue",
    "batch": "--wavelengths --quiet --volcano-scans --scan-table --denoise --crs --exemplars --classes --weights "
    "--identification --guess --best-guess --lead --class-threshold --scales --method --support --ratio --reliability "
    "--max-false-share --probability --unlisted --artefacts --limits --engine --out-dir "
    "--besides --composite --no-composite --strategy --reports --fetch-ids --fetch-extent --fetch-kinds --fetch-endpoint "
    "--no-catalogue",
    "archive": "--wavelengths --quiet --volcano-scans --scan-table --denoise --crs --exemplars --classes --weights "
    "--identification --guess --best-guess --lead --class-threshold --scales --method --support --ratio --reliability "
    "--max-false-share --probability --unlisted --artefacts --engine --out-dir --scheduler --workers --tries --again "
    "--tiled-composite --pixels-per-degree --strategy --no-catalogue",
    "denoise": "--wavelengths --quiet --volcano-scans --scan-table --out-dir --quick --information --exemplars --library --ices "
    "--device",
    "fetch": "--ids --ids-file --extent --area --kinds --footprints-only --endpoint --out-dir --quiet",
    "import": "--wavelengths --quiet --out --geometry --ddr --crs --resampling --sensor-space --no-join",
    "continuum": "--wavelengths --quiet --out --continuum-out --range",
    "mosaic": "--out --crs --pixel-size --extent --strategy --besides --quiet",
    "deposits": "--out --level --neighbours --min-pixels --min-columns --sieve --fill-holes --besides --image --wavelengths "
    "--quiet",
    "catalogue": "--min-pixels --quiet",
    "report": "--out --image --quiet",
    "similarity": "--out --spectrum --spectrum-file --at --at-crs --polygons --spectrum-image --metric --scales --wavelengths "
    "--geometry --crs --exemplars --weights --engine --quiet",
    "screen": "--out --exemplars --classes --wavelengths --quiet",
    "endmembers": "--out --method --count --min-pixels --ratio --export --wavelengths --geometry --ddr --crs --exemplars --weights "
    "--engine --quiet",
    "compare": "--out --methods --method-parameters --truth --precision --wavelengths --geometry --crs --exemplars --classes "
    "--ratio --scales --weights --engine --quiet",
    "validate": "--out --images --field --label-table --methods --onnx --onnx-table --wavelengths --exemplars --classes --ratio "
    "--scales --weights --engine --quiet",
    "simulate": "--out-dir --pixel --quiet",
    "info": "--wavelengths --quiet",
    "train": "--quiet --out --images --library --ground --no-exemplars --losses --steps --seed --patience --checkpoint",
}


def command(name: str) -> argparse.ArgumentParser:
    (commands,) = (action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction))
    return commands.choices[name]


def parsed(options: type[Options], *words: str) -> Options:
    parser = argparse.ArgumentParser()
    add_options(parser, options)
    return options(**values_of(parser.parse_args(words), options))


@pytest.mark.parametrize("name", COMMANDS)
def test_an_option_for_each_parameter(name: str) -> None:
    for parameter in parameters_of(COMMANDS[name]):
        if name in ("batch", "archive") and parameter.of_one_image:
            assert not [each for each in command(name)._actions if each.dest == parameter.name]
            continue
        action = next(each for each in command(name)._actions if each.dest == parameter.name and each.help is not argparse.SUPPRESS)
        switch = "no-" if parameter.kind is ValueKind.FLAG and parameter.default else ""
        assert action.option_strings == [f"--{switch}{parameter.word}"]
        assert action.default is argparse.SUPPRESS  # the class knows it
        assert parameter.help[1:].replace("%", "%%") in action.help
        if parameter.default_text():
            assert action.help.endswith(f"Default: {parameter.default_text()}.")
        if parameter.kind is ValueKind.CHOICE:
            assert action.choices == (None if parameter.checked_by_stage else tuple(parameter.choices))
            assert all(meaning in action.help for meaning in parameter.choices.values())


@pytest.mark.parametrize("name", WORDS)
def test_words_that_scripts_have_stay(name: str) -> None:
    known = {word for action in command(name)._actions for word in action.option_strings}
    assert set(WORDS[name].split()) <= known


@pytest.mark.parametrize("name", COMMANDS)
def test_help_can_be_shown(name: str) -> None:
    """A bare % in a help text would end in a traceback."""
    shown = command(name).format_help()
    assert "--quiet" in shown


@pytest.mark.parametrize("options", COMMANDS.values())
def test_nothing_given_is_the_default(options: type[Options]) -> None:
    assert parsed(options) == options()


def test_each_kind_is_read() -> None:
    words = "--guess .8 --class-threshold talc=0.7,0.8 --class-threshold olivine=.5,1 --scales 3 7 --no-evidence --classes talc"
    assert parsed(MapOptions, *words.split(), "--ddr", "x.lbl", "--crs", "IAU_2015:49910") == MapOptions(
        guess=0.8,
        class_thresholds={"talc": (0.7, 0.8), "olivine": (0.5, 1.0)},
        scales=[3, 7],
        classes=["talc"],
        evidence=False,
        geometry=parsed(MapOptions, "--geometry", "x.lbl").geometry,
        crs="IAU_2015:49910",
    )
    assert parsed(BatchOptions, "--no-composite").composite is None
    assert str(parsed(BatchOptions, "--composite", "x.tif").composite) == "x.tif"
    assert parsed(CompositeOptions, "--extent", "0", "1", "2", "3").extent == [0, 1, 2, 3]
    assert parsed(ContinuumOptions, "--range", "1100", "2000").range_nm == [1100, 2000]
    assert parsed(TrainingOptions, "--steps", "5", "--no-exemplars") == TrainingOptions(steps=5, exemplars=False)


def test_one_file_is_out_and_several_are_out_dir() -> None:
    several = {name for name in COMMANDS if any("--out-dir" in action.option_strings for action in command(name)._actions)}
    one = {name for name in COMMANDS if any("--out" in action.option_strings for action in command(name)._actions)}
    assert several == {"map", "batch", "archive", "denoise", "fetch", "simulate"}
    assert one == {
        "import",
        "continuum",
        "mosaic",
        "deposits",
        "report",
        "screen",
        "similarity",
        "compare",
        "summary",
        "bandfit",
        "validate",
        "endmembers",
        "train",
    }
    assert command("train").parse_args(["--model-out", "w.npz"]).out == command("train").parse_args(["--out", "w.npz"]).out


def test_quick_is_the_quick_mode() -> None:
    for words in (["--quick"], ["--mode", "quick"]):
        assert command("denoise").parse_args(["x.lbl", "--out-dir", "d", *words]).mode == "quick"
