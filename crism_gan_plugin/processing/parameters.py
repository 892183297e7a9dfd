"""Makes Processing's parameters from the core's descriptions of them, and hands their values to the core."""

from __future__ import annotations

from html import escape
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterPoint,
    QgsProcessingParameterRange,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..core.options.parameter import Parameter, ValueKind
from ..core.options.threshold_text import parse_class_thresholds
from .mars_crs import to_wkt

if TYPE_CHECKING:
    from .algorithm import CrismAlgorithm, Parameters

#: The widget that dialogs show for names of minerals. It is given by name, since Processing also runs where there are no widgets.
MINERALS_WIDGET = "crism_gan_plugin.gui.minerals.MineralsWidget"


def definition(parameter: Parameter) -> QgsProcessingParameterDefinition:
    """Processing's definition of a parameter, with its help."""
    made = _MAKERS[parameter.kind](parameter)
    made.setHelp(_help(parameter))
    if parameter.advanced:
        made.setFlags(made.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return made


def value(algorithm: CrismAlgorithm, parameter: Parameter, parameters: Parameters, context: QgsProcessingContext) -> Any:
    """What the core takes for what was chosen; not for an extent, a point or polygons, which depend on more than
    their own parameter."""
    return _READERS[parameter.kind](algorithm, parameter, parameters, context)


def crs_of(algorithm: CrismAlgorithm, parameters: Parameters, name: str, context: QgsProcessingContext) -> str | None:
    """A CRS parameter as WKT, or as it was written if this QGIS does not know it. None if it was left empty."""
    found = algorithm.parameterAsCrs(parameters, name, context)
    return to_wkt(found) or found.authid() if found.isValid() else algorithm.parameterAsString(parameters, name, context) or None


def _help(parameter: Parameter) -> str:
    """The same sentences as in ``--help``, with the words to choose from in italics."""
    choices = (f"<i>{escape(word, False)}</i>: {escape(meaning, False)}" for word, meaning in parameter.choices.items())
    before, *after = (escape(text, False) for text in (parameter.help, parameter.more, parameter.in_dialogs))
    return " ".join(text for text in (before, *choices, *after) if text)


def _choice(said: Parameter) -> QgsProcessingParameterEnum:
    return QgsProcessingParameterEnum(said.id, said.title, list(said.choices), defaultValue=said.default, usesStaticStrings=True)


def _choices(said: Parameter) -> QgsProcessingParameterEnum:
    kind, words = QgsProcessingParameterEnum, list(said.choices)
    given = {"allowMultiple": True, "defaultValue": list(said.default), "optional": True, "usesStaticStrings": True}
    return kind(said.id, said.title, words, **given)


def _sizes(said: Parameter) -> QgsProcessingParameterEnum:
    words = [str(size) for size in said.default]
    return QgsProcessingParameterEnum(said.id, said.title, words, allowMultiple=True, defaultValue=words, usesStaticStrings=True)


def _number(said: Parameter) -> QgsProcessingParameterNumber:
    kinds = QgsProcessingParameterNumber.Type
    kind = kinds.Integer if said.kind is ValueKind.WHOLE_NUMBER else kinds.Double
    limits = {"minValue": said.least, "maxValue": said.most}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return QgsProcessingParameterNumber(said.id, said.title, kind, said.default, optional=said.default is None, **given)


def _range(said: Parameter) -> QgsProcessingParameterRange:
    kind, ends = QgsProcessingParameterNumber.Type.Double, ",".join(map(str, said.default))
    return QgsProcessingParameterRange(said.id, said.title, kind, ends, optional=True)


def _file(said: Parameter) -> QgsProcessingParameterFile:
    types = {"fileFilter": f"{said.file_types};;All files (*)"} if said.file_types else {}
    return QgsProcessingParameterFile(said.id, said.title, optional=True, **types)


def _files(said: Parameter) -> QgsProcessingParameterMultipleLayers:
    kinds = QgsProcessing.SourceType
    kind = kinds.TypeFile if said.kind is ValueKind.FILES else kinds.TypeRaster
    return QgsProcessingParameterMultipleLayers(said.id, said.title, kind, optional=not said.required)


def _polygons(said: Parameter) -> QgsProcessingParameterFeatureSource:
    """A layer, of which the features that are selected may count alone."""
    kinds = [QgsProcessing.SourceType.TypeVectorPolygon]
    return QgsProcessingParameterFeatureSource(said.id, said.title, kinds, optional=True)


def _minerals(said: Parameter) -> QgsProcessingParameterString:
    made = QgsProcessingParameterString(said.id, said.title, optional=True)
    made.setMetadata({"widget_wrapper": {"class": MINERALS_WIDGET}})
    return made


_MAKERS: dict[ValueKind, Callable[[Parameter], QgsProcessingParameterDefinition]] = {
    ValueKind.NUMBER: _number,
    ValueKind.WHOLE_NUMBER: _number,
    ValueKind.CHOICE: _choice,
    ValueKind.CHOICES: _choices,
    ValueKind.FLAG: lambda said: QgsProcessingParameterBoolean(said.id, said.title, defaultValue=said.default),
    ValueKind.NAMES: _minerals,
    ValueKind.THRESHOLDS: lambda said: QgsProcessingParameterString(said.id, said.title, optional=True),
    ValueKind.SETTINGS: lambda said: QgsProcessingParameterString(said.id, said.title, multiLine=True, optional=True),
    ValueKind.SIZES: _sizes,
    ValueKind.CRS: lambda said: QgsProcessingParameterCrs(said.id, said.title, optional=True),
    ValueKind.RANGE: _range,
    ValueKind.EXTENT: lambda said: QgsProcessingParameterExtent(said.id, said.title, optional=True),
    ValueKind.FILE: _file,
    ValueKind.FILES: _files,
    ValueKind.IMAGE: lambda said: QgsProcessingParameterRasterLayer(said.id, said.title, optional=not said.required),
    ValueKind.IMAGES: _files,
    ValueKind.TEXT: lambda said: QgsProcessingParameterString(said.id, said.title, said.default, optional=True),
    ValueKind.POINT: lambda said: QgsProcessingParameterPoint(said.id, said.title, optional=True),
    ValueKind.POLYGONS: _polygons,
    ValueKind.OUTPUT: lambda said: QgsProcessingParameterRasterDestination(
        said.id, said.title, optional=True, createByDefault=False
    ),
    ValueKind.PAGE: lambda said: QgsProcessingParameterFileDestination(
        said.id, said.title, "HTML (*.html)", optional=True, createByDefault=False
    ),
    ValueKind.FOLDER: lambda said: QgsProcessingParameterFolderDestination(
        said.id, said.title, optional=True, createByDefault=False
    ),
}

Reader = Callable[["CrismAlgorithm", Parameter, "Parameters", QgsProcessingContext], Any]


def _number_value(
    algorithm: CrismAlgorithm, said: Parameter, parameters: Parameters, context: QgsProcessingContext
) -> float | None:
    if said.default is None and not parameters.get(said.id):
        return None
    return algorithm.parameterAsDouble(parameters, said.id, context)


def _range_value(
    algorithm: CrismAlgorithm, said: Parameter, parameters: Parameters, context: QgsProcessingContext
) -> tuple[float, ...]:
    """The two numbers, or the default if they were cleared in the dialog, which makes them NaN."""
    found = tuple(algorithm.parameterAsRange(parameters, said.id, context))
    return said.default if all(map(isnan, found)) else found


def _whole_number_value(
    algorithm: CrismAlgorithm, said: Parameter, parameters: Parameters, context: QgsProcessingContext
) -> int | None:
    if said.default is None and not parameters.get(said.id):
        return None
    return algorithm.parameterAsInt(parameters, said.id, context)


def _items(algorithm: CrismAlgorithm, said: Parameter, parameters: Parameters, context: QgsProcessingContext) -> list[str]:
    separator = "," if said.kind is ValueKind.NAMES else ";"
    text = algorithm.parameterAsString(parameters, said.id, context)
    lines = text.splitlines() if said.kind is ValueKind.SETTINGS else [text]
    return [item.strip() for line in lines for item in line.split(separator) if item.strip()]


def _output(algorithm: CrismAlgorithm, said: Parameter, parameters: Parameters, context: QgsProcessingContext) -> Path | None:
    """The path of a raster that may be left out."""
    if not algorithm.parameterAsOutputLayer(parameters, said.id, context):
        return said.default
    return algorithm.geotiff_path(parameters, said.id, context)


_READERS: dict[ValueKind, Reader] = {
    ValueKind.NUMBER: _number_value,
    ValueKind.WHOLE_NUMBER: _whole_number_value,
    ValueKind.CHOICE: lambda a, said, given, context: a.parameterAsEnumString(given, said.id, context),
    ValueKind.CHOICES: lambda a, said, given, context: a.parameterAsEnumStrings(given, said.id, context),
    ValueKind.FLAG: lambda a, said, given, context: a.parameterAsBoolean(given, said.id, context),
    ValueKind.NAMES: lambda a, said, given, context: _items(a, said, given, context) or None,
    ValueKind.THRESHOLDS: lambda a, said, given, context: parse_class_thresholds(_items(a, said, given, context)),
    ValueKind.SETTINGS: lambda a, said, given, context: _items(a, said, given, context),
    ValueKind.SIZES: lambda a, said, given, context: [int(size) for size in a.parameterAsEnumStrings(given, said.id, context)],
    ValueKind.CRS: lambda a, said, given, context: crs_of(a, given, said.id, context),
    ValueKind.RANGE: _range_value,
    ValueKind.FILE: lambda a, said, given, context: a.parameterAsFile(given, said.id, context) or None,
    ValueKind.FILES: lambda a, said, given, context: [file for file in a.parameterAsFileList(given, said.id, context) if file],
    ValueKind.IMAGE: lambda a, said, given, context: a.scene_path(given, said.id, context) or None,
    ValueKind.IMAGES: lambda a, said, given, context: a.scene_paths(given, said.id, context),
    ValueKind.TEXT: lambda a, said, given, context: a.parameterAsString(given, said.id, context) or said.default,
    ValueKind.OUTPUT: _output,
    ValueKind.PAGE: lambda a, said, given, context: a.parameterAsFileOutput(given, said.id, context) or None,
    ValueKind.FOLDER: lambda a, said, given, context: a.parameterAsFileOutput(given, said.id, context) or None,
}
