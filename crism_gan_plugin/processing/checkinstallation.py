"""CRISM Check Installation: tells what is installed, what is missing, and what to install."""

from __future__ import annotations

from qgis.core import Qgis, QgsProcessingContext, QgsProcessingOutputNumber, QgsProcessingOutputString

from ..core.installation import inspect_installation
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters


class CheckInstallation(CrismAlgorithm):
    NAME = "checkinstallation"
    TITLE = "CRISM Check Installation"
    GROUP = "Set-up"
    ICON = "check.svg"
    TAGS = ("version", "dependencies", "torch", "cuda", "weights")
    HELP = """Tells which versions, engines and weight files CRISM GAN finds, and what to install for what is missing.

    It installs nothing and changes nothing. The report is in the log. Please copy it into a bug report."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.addOutput(QgsProcessingOutputString("REPORT", "Report"))
        self.addOutput(QgsProcessingOutputNumber("MISSING", "Number of missing parts that mapping needs"))

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        lines = [f"QGIS: {Qgis.QGIS_VERSION}"]
        progress.info(lines[0])
        components = inspect_installation()
        for component in components:
            tell = progress.warn if component.advice else progress.info
            tell(str(component))
            lines.append(str(component))
        missing = sum(component.required and component.version is None for component in components)
        progress.info("Mapping has all that it needs." if not missing else f"Mapping lacks {missing} part(s) that it needs.")
        return {"REPORT": "\n".join(lines), "MISSING": missing}
