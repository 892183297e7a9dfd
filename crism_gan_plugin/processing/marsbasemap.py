"""CRISM Add Mars Basemap: adds a map of Mars below, and lines of latitude and longitude and the landing sites above."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingOutputString,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
    QgsRasterLayer,
)

from ..core.errors import CrismError, ParameterError
from ..core.files.inputs import InputFiles
from ..core.mars.crs import GEOGRAPHIC, default_crs
from ..core.mars.reference import Region, is_reference, write_reference
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, listed
from .basemaps import Basemap, load_basemaps, read_basemaps
from .mars_crs import check_mars, is_mars, qgis_crs
from .mars_layers import BASEMAP, ROLE, InPlace, covered, extent_in, graticule_layer, sites_layer, write_project

NO_BASEMAP = "none"


class MarsBasemap(CrismAlgorithm):
    NAME = "marsbasemap"
    TITLE = "CRISM Add Mars Basemap"
    GROUP = "Mapping"
    ICON = "basemap.svg"
    SCENES = ("LAYERS",)
    TAGS = ("basemap", "graticule", "jezero", "landing site", "wms", "xyz", "tiles")
    HELP = """Puts a map of Mars below the maps of the project, and a graticule and the landing sites Jezero and NE Syrtis on top.

    The graticule and the sites are local and need no network. If the basemap's server does not answer, they are added without it.
    The project gets a CRS of Mars, unless it has one. When there are more maps, run it again: it replaces what it added before.

    The basemaps are listed in resources/basemaps.json of the plugin. You can have a list of your own: put its path into the setting
    crism_gan/basemaps (Settings > Options > Advanced). The servers belong to others, and may change or vanish.

    With qgis_process there is no window to add layers to. Name a PROJECT to be written instead."""

    def flags(self) -> Any:
        """Run in the main thread: layers and the project's tree belong to it, and there is little to compute."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        names = [basemap.name for basemap in _listed()]
        self.add(
            QgsProcessingParameterEnum("BASEMAP", "Basemap", [*names, NO_BASEMAP], defaultValue=names[0], usesStaticStrings=True),
            "Which map of Mars goes below. <i>none</i> adds the graticule and the sites alone.",
        )
        self.add(
            QgsProcessingParameterString("URL", "Another server's address", optional=True),
            "A server to use instead of the basemap above. Tiles have an address such as https://…/{z}/{x}/{y}.png ({-y} where "
            "rows are counted from the south), a Web Map Service one such as https://…?LAYERS=name.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterMultipleLayers(
                "LAYERS", "Maps to lay over it", QgsProcessing.SourceType.TypeRaster, optional=True
            ),
            "Mineral maps or composites. Those that are not in the project yet are added. Around them, and around the project's "
            "maps, the graticule has a line at every tenth of a degree.",
        )
        self.add(
            QgsProcessingParameterCrs("CRS", "CRS of the project", optional=True),
            "If empty, it is the project's own if that is one of Mars. Else it is IAU_2015:49910 (equirectangular), or polar "
            "stereographic for maps beyond 65° of latitude.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFileDestination(
                "LOCAL", "Graticule and sites", "GeoPackage (*.gpkg)", optional=True, createByDefault=False
            ),
            "The GeoPackage that the graticule and the sites are written to. If empty, it lies in the folder of the user's QGIS "
            "profile.",
            advanced=True,
        )
        self.add(
            QgsProcessingParameterFileDestination(
                "PROJECT", "New project", "QGIS project (*.qgz *.qgs)", optional=True, createByDefault=False
            ),
            "A new project to write, with the basemap, the maps that were chosen, the graticule and the sites.",
            advanced=True,
        )
        self.addOutput(QgsProcessingOutputString("BASEMAP_ADDED", "Name of the basemap; empty where its server did not answer"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        maps = self._maps(parameters, context)
        shown = [*maps, *_mars_rasters(context)]
        self._refuse_maps_as_outputs(parameters, context, shown)
        crs = self._crs(parameters, context, shown)
        basemap = self._answering_basemap(parameters, context, progress)
        local = self._local(parameters, context, shown)
        progress.report(0.5)
        if context.project() is not None:
            for layer in maps:
                if context.project().mapLayer(layer.id()) is None:
                    InPlace.hand_over(context, layer.clone(), "", crs)
            for layer in [*_below(basemap), *_above(local)]:
                InPlace.hand_over(context, layer, layer.customProperty(ROLE).upper(), crs)
        results = {"LOCAL": str(local), "BASEMAP_ADDED": basemap.name if basemap else ""}
        target = self.parameterAsFileOutput(parameters, "PROJECT", context)
        if target:
            own = [layer.clone() for layer in maps]
            write_project(Path(target), crs, [*_below(basemap), *reversed(own), *_above(local)], own)
            results["PROJECT"] = target
        elif context.project() is None:
            progress.info("there is no project to add the layers to; give PROJECT=name.qgz to have one written")
        return results

    def _maps(self, parameters: Parameters, context: QgsProcessingContext) -> list[QgsRasterLayer]:
        """The maps that were chosen, all of them on Mars."""
        for value in listed(parameters.get("LAYERS")):
            if isinstance(value, str) and value and self.parameterAsRasterLayer({"LAYERS": value}, "LAYERS", context) is None:
                raise ParameterError(f"LAYERS: {value} is no raster that QGIS can show; choose mineral maps or composites")
        maps = self.parameterAsLayerList(parameters, "LAYERS", context)
        for layer in maps:
            check_mars(layer.crs(), f"LAYERS: {layer.name()}")
        return maps

    def _refuse_maps_as_outputs(self, parameters: Parameters, context: QgsProcessingContext, shown: list[QgsRasterLayer]) -> None:
        inputs = InputFiles()
        inputs.keep(self.scene_path({"LAYERS": layer}, "LAYERS", context) for layer in shown)
        inputs.refuse(self.parameterAsFileOutput(parameters, name, context) for name in ("LOCAL", "PROJECT"))

    def _crs(
        self, parameters: Parameters, context: QgsProcessingContext, shown: list[QgsRasterLayer]
    ) -> QgsCoordinateReferenceSystem:
        chosen = self.parameterAsCrs(parameters, "CRS", context)
        if parameters.get("CRS"):
            check_mars(chosen, "CRS")
            return chosen
        if context.project() is not None and is_mars(context.project().crs()):
            return context.project().crs()
        box = covered(shown, qgis_crs(GEOGRAPHIC))
        return qgis_crs(default_crs(box.center().y() if box else 0.0))

    def _answering_basemap(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Basemap | None:
        """The basemap that was asked for, or None if its server does not answer."""
        url = self.parameterAsString(parameters, "URL", context).strip()
        name = self.parameterAsEnumString(parameters, "BASEMAP", context)
        if not url and name == NO_BASEMAP:
            return None
        basemap = Basemap.from_url(url) if url else _basemap_named(name)
        basemap.mars_crs()
        progress.info(f"Asking {basemap.url}")
        fault = basemap.fault()
        if fault is None and basemap.kind == "wms" and not basemap.layer_on_mars().isValid():
            fault = f"has no layer {basemap.layer} in {basemap.crs}"
        if fault is None:
            return basemap
        progress.warn(
            f"the basemap {basemap.name} is left out: its server {fault}; the graticule and the sites are there without it. "
            "Try again when there is a network, or choose another basemap"
        )
        return None

    def _local(self, parameters: Parameters, context: QgsProcessingContext, shown: list[QgsRasterLayer]) -> Path:
        """The GeoPackage of graticule and sites. Its content depends on its region alone, so one in the profile serves again."""
        degrees = qgis_crs(GEOGRAPHIC)
        boxes = [extent_in(layer, degrees) for layer in shown]
        region = Region.around([(box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()) for box in boxes])
        chosen = self.parameterAsFileOutput(parameters, "LOCAL", context)
        if chosen:
            return write_reference(chosen, region)
        name = f"mars_{region}.gpkg" if region else "mars.gpkg"
        kept = Path(QgsApplication.qgisSettingsDirPath()) / "crism_gan" / name
        return kept if is_reference(kept) else write_reference(kept, region)


def _basemap_named(name: str) -> Basemap:
    for basemap in load_basemaps():
        if basemap.name == name:
            return basemap
    raise ParameterError(f"BASEMAP: {name} is no longer in the list of basemaps; choose another")


def _listed() -> list[Basemap]:
    """The basemaps to choose from. They are the plugin's own if the user's list has a fault, which is told when it is used."""
    from .. import paths

    try:
        return load_basemaps()
    except CrismError:
        return read_basemaps(paths.basemaps())


def _mars_rasters(context: QgsProcessingContext) -> list[QgsRasterLayer]:
    """The maps of the project that are files on Mars."""
    if context.project() is None:
        return []
    layers = context.project().mapLayers().values()
    return [
        layer
        for layer in layers
        if isinstance(layer, QgsRasterLayer) and layer.isValid() and not layer.customProperty(ROLE) and is_mars(layer.crs())
    ]


def _below(basemap: Basemap | None) -> list[QgsMapLayer]:
    """The basemap's layer, if there is one."""
    if basemap is None:
        return []
    layer = basemap.layer_on_mars()
    layer.setCustomProperty(ROLE, BASEMAP)
    return [layer]


def _above(local: Path) -> list[QgsMapLayer]:
    """The layers that are drawn over the maps, the lower one first."""
    return [graticule_layer(local), sites_layer(local)]
