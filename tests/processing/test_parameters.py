"""The dialogs have each parameter of the core, with its default, choices, range and help."""

from __future__ import annotations

from html import unescape

import pytest

from crism_gan_plugin.core.options.batch import IMAGES, BatchOptions
from crism_gan_plugin.core.options.composite import MAPS, CompositeOptions
from crism_gan_plugin.core.options.continuum import ContinuumOptions
from crism_gan_plugin.core.options.denoising import DenoiseCommandOptions
from crism_gan_plugin.core.options.importing import ImportOptions
from crism_gan_plugin.core.options.parameter import ValueKind
from crism_gan_plugin.core.options.report import ReportedMapOptions
from crism_gan_plugin.core.options.shared import IMAGE
from crism_gan_plugin.core.options.stage import parameters_of
from crism_gan_plugin.core.options.training import TrainingOptions

ALGORITHMS = {
    "ganmap": (ReportedMapOptions, IMAGE),
    "batchmap": (BatchOptions, IMAGES),
    "denoise": (DenoiseCommandOptions, IMAGE),
    "compositemosaic": (CompositeOptions, MAPS),
    "importproduct": (ImportOptions, IMAGE),
    "continuumremoval": (ContinuumOptions, IMAGE),
    "traingan": (TrainingOptions, None),
}

#: What Processing calls the type of each kind; models and scripts depend on it.
TYPES = {
    ValueKind.NUMBER: "number",
    ValueKind.WHOLE_NUMBER: "number",
    ValueKind.CHOICE: "enum",
    ValueKind.CHOICES: "enum",
    ValueKind.TEXT: "string",
    ValueKind.FLAG: "boolean",
    ValueKind.NAMES: "string",
    ValueKind.THRESHOLDS: "string",
    ValueKind.SETTINGS: "string",
    ValueKind.SIZES: "enum",
    ValueKind.CRS: "crs",
    ValueKind.RANGE: "range",
    ValueKind.EXTENT: "extent",
    ValueKind.FILE: "file",
    ValueKind.FILES: "multilayer",
    ValueKind.IMAGE: "raster",
    ValueKind.IMAGES: "multilayer",
    ValueKind.OUTPUT: "rasterDestination",
    ValueKind.PAGE: "fileDestination",
    ValueKind.FOLDER: "folderDestination",
}


def said_of(name):
    options, given = ALGORITHMS[name]
    of_many = name == "batchmap"
    said = [each for each in parameters_of(options) if not each.shell_only and not (of_many and each.of_one_image)]
    return [given, *said] if given else said


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_parameter_is_in_the_dialog_as_it_is_described(provider, name):
    from qgis.core import QgsProcessingParameterDefinition, QgsProcessingParameterNumber

    flags = QgsProcessingParameterDefinition.Flag
    for said in said_of(name):
        made = provider.algorithm(name).parameterDefinition(said.id)
        assert made is not None, said.id
        assert (made.type(), made.description()) == (TYPES[said.kind], said.title)
        assert bool(made.flags() & flags.FlagAdvanced) == said.advanced
        shown = unescape(made.help().replace("<i>", "").replace("</i>", ""))
        assert shown == f"{said.sentences()} {said.in_dialogs}".strip()
        if said.kind in (ValueKind.NUMBER, ValueKind.WHOLE_NUMBER):
            whole = QgsProcessingParameterNumber.Type.Integer if said.kind is ValueKind.WHOLE_NUMBER else 1
            assert made.dataType() == whole
            assert made.minimum() == said.least
            assert said.most is None or made.maximum() == said.most
        if said.kind is ValueKind.CHOICE:
            assert made.options() == list(said.choices) and made.usesStaticStrings()
        if said.kind is ValueKind.SIZES:
            assert made.options() == made.defaultValue() == [str(size) for size in said.default]
        elif said.kind is ValueKind.RANGE:
            assert tuple(map(float, made.defaultValue().split(","))) == said.default
        elif said.kind not in (ValueKind.FILES, ValueKind.IMAGES, ValueKind.OUTPUT):
            assert made.defaultValue() == (list(said.default) if said.kind is ValueKind.CHOICES else said.default)
        assert bool(made.flags() & flags.FlagOptional) == (
            not said.required
            and (said.default in (None, ()) or said.kind in (ValueKind.RANGE, ValueKind.OUTPUT, ValueKind.CHOICES, ValueKind.TEXT))
        )


@pytest.mark.parametrize("name", ALGORITHMS)
def test_defaults_of_the_dialog_are_those_of_the_core(provider, name):
    """What the core gets when nothing was chosen; the way back from the dialog's values to the core's."""
    from qgis.core import QgsProcessingContext

    from crism_gan_plugin.processing.parameters import value

    algorithm = provider.algorithm(name).create()
    for said in said_of(name):
        if said.required or said.kind in (ValueKind.EXTENT, ValueKind.OUTPUT) or not said.name:
            continue
        found = value(algorithm, said, {}, QgsProcessingContext())
        wanted = said.default
        if said.kind in (ValueKind.FILES, ValueKind.IMAGES, ValueKind.SIZES, ValueKind.CHOICES):
            found = tuple(found)
        if said.kind is ValueKind.THRESHOLDS:
            wanted = {}
        assert found == wanted, said.id


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_order_of_choices_is_kept(provider, name):
    """Models and scripts name choices by their text; lists show them in this order."""
    frozen = {
        "DENOISE": ["off", "quick", "full"],
        "METHOD": ["ground", "paper"],
        "SCALES": ["1", "3", "5"],
        "SUPPORT": ["pixel", "paper"],
        "RATIO": ["off", "column", "bland"],
        "ENGINE": ["auto", "torch", "numpy"],
        "MODE": ["full", "quick"],
        "DEVICE": ["auto", "cpu", "cuda"],
        "STRATEGY": ["best evidence", "first", "last", "finest", "most detections", "most probable"],
        "RESAMPLING": ["nearest", "bilinear"],
        "LOSSES": ["both", "adversarial", "contrastive"],
    }
    enums = [made for made in provider.algorithm(name).parameterDefinitions() if made.type() == "enum"]
    for made in enums:
        kept = frozen.get(made.name(), [])
        assert made.options()[: len(kept)] == kept  # new ones come at the end


@pytest.mark.parametrize("empty", [None, "", "nan,nan", "None,None"])
def test_a_range_that_was_cleared_is_the_default(provider, empty):
    from qgis.core import QgsProcessingContext

    algorithm = provider.algorithm("continuumremoval").create()
    chosen = algorithm.options({"RANGE": empty}, QgsProcessingContext(), ContinuumOptions, but=("continuum_out",))
    assert chosen["range_nm"] == ContinuumOptions.range_nm
