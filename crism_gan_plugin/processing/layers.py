"""Names and styles results when QGIS loads them."""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsProcessingContext, QgsProcessingFeedback, QgsProcessingLayerPostProcessorInterface


class LegendPostProcessor(QgsProcessingLayerPostProcessorInterface):
    """Names a layer and gives it the style that was written beside it, whatever default style the user's QGIS has."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def postProcessLayer(self, layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> None:
        layer.setName(self._name)
        layer.loadDefaultStyle()
        layer.triggerRepaint()


#: QGIS keeps no reference to a post-processor that was made in Python, and without one it is silently not run.
_kept: dict[str, LegendPostProcessor] = {}


def show_with_legend(context: QgsProcessingContext, path: str, name: str) -> None:
    """Have the layer of ``path`` named and styled when it is loaded. Do nothing if it will not be loaded."""
    if context.willLoadLayerOnCompletion(path):
        _kept[path] = LegendPostProcessor(name)
        details = context.layerToLoadOnCompletionDetails(path)
        details.name = name
        details.setPostProcessor(_kept[path])


def also_show(context: QgsProcessingContext, main: str, path: str, name: str) -> None:
    """Have another layer loaded together with ``main``, below it. Do nothing if ``main`` will not be loaded."""
    if context.willLoadLayerOnCompletion(main):
        project = context.layerToLoadOnCompletionDetails(main).project
        context.addLayerToLoadOnCompletion(path, QgsProcessingContext.LayerDetails(name, project))
        show_with_legend(context, path, name)


def load_with_legend(context: QgsProcessingContext, path: str, name: str) -> None:
    """Have the layer of ``path`` loaded, named and styled, if there is a project to load it into."""
    if context.project() is not None:
        context.addLayerToLoadOnCompletion(path, QgsProcessingContext.LayerDetails(name, context.project(), name))
        show_with_legend(context, path, name)
