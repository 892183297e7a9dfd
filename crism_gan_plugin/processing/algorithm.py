"""The base of all algorithms: what they are called in QGIS, and how a scene is handed to the core."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, ClassVar

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsRasterLayer,
    QgsRectangle,
    QgsReferencedRectangle,
)
from qgis.PyQt.QtGui import QIcon

from .. import paths
from ..core.errors import ParameterError
from ..core.files.names import gdal_name
from ..core.files.outputs import check_geotiff
from ..core.mars.georeference import FileWithCrs
from ..core.options.parameter import Parameter
from ..core.options.stage import Options, parameters_of
from ..core.progress import Progress
from .feedback import FeedbackProgress, errors_for_processing
from .mars_crs import check_mars, to_wkt
from .parameters import definition, value

#: Values by parameter name, as Processing hands them over.
Parameters = dict[str, Any]


class CrismAlgorithm(QgsProcessingAlgorithm):
    """An algorithm of the CRISM provider. Subclasses set the names, and give `initAlgorithm` and `compute`."""

    NAME: ClassVar[str]
    TITLE: ClassVar[str]
    GROUP: ClassVar[str]
    ICON: ClassVar[str]
    TAGS: ClassVar[tuple[str, ...]] = ()
    HELP: ClassVar[str]
    #: Parameters that take a layer, or the path of any file that the core can read, even if QGIS cannot show it.
    SCENES: ClassVar[tuple[str, ...]] = ()
    #: Optional parameters that take several scenes.
    SCENE_LISTS: ClassVar[tuple[str, ...]] = ()

    def name(self) -> str:
        return self.NAME

    def displayName(self) -> str:
        return self.TITLE

    def group(self) -> str:
        return self.GROUP

    def groupId(self) -> str:
        return self.GROUP.lower().replace(" ", "")

    def icon(self) -> QIcon:
        return QIcon(self.svgIconPath())

    def svgIconPath(self) -> str:
        return str(paths.icon(self.ICON))

    def tags(self) -> list[str]:
        return ["crism", "mars", "hyperspectral", *self.TAGS]

    def shortDescription(self) -> str:
        return _paragraphs(self.HELP)[0]

    def shortHelpString(self) -> str:
        """The introduction, then one line for each parameter, so that the two never disagree."""
        lines = [f"<p>{paragraph}</p>" for paragraph in _paragraphs(self.HELP)]
        for parameter in self.parameterDefinitions():
            lines.append(f"<p><b>{parameter.description()}</b> <i>({parameter.name()})</i>: {parameter.help()}</p>")
        return "\n".join(lines)

    def createInstance(self) -> CrismAlgorithm:
        return type(self)()

    def add(self, parameter: QgsProcessingParameterDefinition, help_text: str, advanced: bool = False) -> None:
        """Add a parameter together with its help."""
        parameter.setHelp(help_text)
        if advanced:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
        self.addParameter(parameter)

    def add_parameter(self, parameter: Parameter) -> None:
        """Add a parameter that the core describes."""
        self.addParameter(definition(parameter))

    def add_options(self, options: type[Options], but: Collection[str] = ()) -> None:
        """Add the parameters of a stage, without those that only a shell has."""
        for parameter in self._said(options, but):
            self.add_parameter(parameter)

    def options(
        self, parameters: Parameters, context: QgsProcessingContext, options: type[Options], but: Collection[str] = ()
    ) -> Parameters:
        """The values of the parameters of a stage, by the names that the core has for them."""
        return {each.name: value(self, each, parameters, context) for each in self._said(options, but)}

    def _said(self, options: type[Options], but: Collection[str]) -> list[Parameter]:
        return [each for each in parameters_of(options) if not each.shell_only and each.name not in but]

    def checkParameterValues(self, parameters: Parameters, context: QgsProcessingContext) -> tuple[bool, str]:
        """Run Processing's own checks, but accept any existing file as a scene: the core reads products that QGIS cannot show."""
        checked = dict(parameters)
        for name in self.SCENES:
            for scene in listed(parameters.get(name)):
                if not isinstance(scene, str) or not scene or self.parameterAsRasterLayer({name: scene}, name, context):
                    continue
                if not Path(scene).is_file() and gdal_name(scene) is None:
                    return False, f"{name}: {scene} is neither a layer nor a file; choose a layer, or give the path of an image"
                checked[name] = QgsRasterLayer()  # any layer object passes, valid or not
        for name in self.SCENE_LISTS:
            checked[name] = None  # a scene that cannot be opened is told of when its turn comes
        return super().checkParameterValues(checked, context)

    def processAlgorithm(
        self, parameters: Parameters, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Parameters:
        with errors_for_processing():
            return self.compute(parameters, context, FeedbackProgress(feedback))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        """Do the work and return the outputs. It may raise the core's errors."""
        raise NotImplementedError

    def scene_path(self, parameters: Parameters, name: str, context: QgsProcessingContext) -> str | FileWithCrs:
        """The file of a scene parameter, or GDAL's name for it, whether a layer or a path was given. Empty when nothing was.

        If the layer was given another CRS than its file has, the CRS comes with the file.

        Raises
        ------
        ParameterError
            If the layer does not come from GDAL, such as a picture that a server draws.
        """
        layer = self.parameterAsRasterLayer(parameters, name, context)
        if layer is None or not layer.isValid():
            return self.parameterAsString(parameters, name, context)
        if layer.providerType() != "gdal":
            raise ParameterError(
                f"{name}: the layer {layer.name()} comes from {layer.providerType()}, not from a file; export it as GeoTIFF first"
            )
        source = layer.source()
        file = source if Path(source).is_file() else source.split("|", 1)[0]  # what follows are options of the layer
        crs = layer.crs()
        return FileWithCrs(file, to_wkt(crs)) if crs.isValid() and crs != layer.dataProvider().crs() else file

    def scene_paths(self, parameters: Parameters, name: str, context: QgsProcessingContext) -> list[str | FileWithCrs]:
        """The files of a parameter that takes several scenes."""
        return [self.scene_path({name: scene}, name, context) for scene in listed(parameters.get(name) or [])]

    def polygons_path(self, parameters: Parameters, name: str, context: QgsProcessingContext) -> str | FileWithCrs | None:
        """The file of the polygons. A layer without a file of its own, or with selected features, is copied to one."""
        if not parameters.get(name):
            return None
        layer = self.parameterAsVectorLayer(parameters, name, context)
        formats = ["gpkg", "shp", "geojson", "json", "fgb", "kml"]
        named = self.parameterAsCompatibleSourceLayerPathAndLayerName
        given = named(parameters, name, context, formats, "gpkg", QgsProcessingFeedback())  # without one QGIS 3.22 crashes
        path, inside = given if isinstance(given, tuple) else (given, "")
        file = f"{path}|layername={inside}" if inside else path
        crs = None if layer is None or not layer.crs().isValid() else layer.crs()
        return FileWithCrs(file, to_wkt(crs)) if crs is not None and Path(path).is_file() else file

    def extent_in(
        self, crs: QgsCoordinateReferenceSystem, parameters: Parameters, name: str, context: QgsProcessingContext
    ) -> tuple[float, float, float, float]:
        """The ends of an extent (west, south, east, north) in a CRS, whatever CRS it was given in.

        Raises
        ------
        ParameterError
            If it was given in a CRS that is not on the sphere of Mars.
        """
        if not _is_plain(parameters[name]):
            given = self.parameterAsExtentCrs(parameters, name, context)
            if given.isValid() and given != crs:  # QGIS would take latitudes of an ellipsoid as they are
                check_mars(given, name)
        found = self.parameterAsExtent(parameters, name, context, crs)
        return found.xMinimum(), found.yMinimum(), found.xMaximum(), found.yMaximum()

    def geotiff_path(self, parameters: Parameters, name: str, context: QgsProcessingContext) -> Path:
        """The path of a raster output.

        Raises
        ------
        ParameterError
            If the path is not that of a GeoTIFF.
        """
        return check_geotiff(self.parameterAsOutputLayer(parameters, name, context), name)


def results(**paths: Path | None) -> Parameters:
    """The outputs of an algorithm by their names; those that were not written are left out."""
    return {name: str(path) for name, path in paths.items() if path is not None}


def listed(value: Any) -> list[Any]:
    """The values of a parameter that takes several, as a list, even if one was given alone."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _is_plain(extent: object) -> bool:
    """Whether an extent comes without a CRS of its own. It is in the wanted CRS then."""
    if isinstance(extent, str):
        return re.fullmatch(r"[-+0-9.,eE\s]+", extent) is not None
    return isinstance(extent, QgsRectangle) and not isinstance(extent, QgsReferencedRectangle)


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each on one line. In the source an empty line separates them."""
    return [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]
