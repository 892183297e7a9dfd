"""The provider, which is the group "CRISM" of the Processing Toolbox."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsProcessingModelAlgorithm, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from .. import paths
from .bandfit import BandFit
from .batchmap import BatchMap
from .buildexemplars import BuildExemplars
from .catalogue import Catalogue
from .checkinstallation import CheckInstallation
from .comparemethods import CompareMethods
from .compositemosaic import CompositeMosaic
from .continuumremoval import ContinuumRemoval
from .denoise import Denoise
from .deposits import Deposits
from .detectionlimit import DetectionLimit
from .fetchproducts import FetchProducts
from .ganmap import GanMap
from .importproduct import ImportProduct
from .marsbasemap import MarsBasemap
from .report import Report
from .sceneendmembers import SceneEndmembers
from .similaritymap import SimilarityMap
from .summaryparameters import SummaryParameters
from .targetscreen import TargetScreen
from .traingan import TrainGan

ALGORITHMS = (
    GanMap,
    BatchMap,
    FetchProducts,
    ImportProduct,
    Denoise,
    CompositeMosaic,
    Deposits,
    Report,
    Catalogue,
    SimilarityMap,
    DetectionLimit,
    CompareMethods,
    ContinuumRemoval,
    SummaryParameters,
    TargetScreen,
    SceneEndmembers,
    BandFit,
    BuildExemplars,
    TrainGan,
    MarsBasemap,
    CheckInstallation,
)


class CrismProvider(QgsProcessingProvider):
    """The provider. Its id and those of its algorithms never change, because scripts and models name them."""

    def id(self) -> str:
        return "crism"

    def name(self) -> str:
        return "CRISM"

    def longName(self) -> str:
        return "CRISM GAN: mineral maps of Mars"

    def icon(self) -> QIcon:
        return QIcon(self.svgIconPath())

    def svgIconPath(self) -> str:
        return str(paths.icon("crism_gan.svg"))

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        return ["tif", "tiff"]

    def supportedOutputVectorLayerExtensions(self) -> list[str]:
        return ["gpkg"]

    def supportsNonFileBasedOutput(self) -> bool:
        return False

    def loadAlgorithms(self) -> None:
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
        if QgsApplication.processingRegistry().providerById(self.id()) is not None:
            self._load_models()

    def _load_models(self) -> None:
        """Add the models. They can only be read when the algorithms that they are made of are registered."""
        for file in sorted(paths.models().glob("*.model3")):
            model = QgsProcessingModelAlgorithm()
            if model.fromFile(str(file)):
                self.addAlgorithm(model)
