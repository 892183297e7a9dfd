"""CRISM Report: makes a page of a map, to be read and printed without the plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext, QgsProcessingParameterFileDestination

from ..core.options.report import REPORT_MAP, ReportOptions
from ..core.progress import Progress
from .algorithm import CrismAlgorithm, Parameters, results


class Report(CrismAlgorithm):
    NAME = "report"
    TITLE = "CRISM Report"
    GROUP = "Maps"
    ICON = "report.svg"
    TAGS = ("html", "pdf", "print", "layout", "supplement", "spectrum", "table", "area", "histogram")
    SCENES = ("INPUT", "IMAGE")
    HELP = """Makes one page (HTML) of a mineral map or a composite: what it shows, and the spectra that speak for it.

    The page has the map with legend and scale bar, and a table of the classes. For each mineral it has the three largest deposits,
    with median and quartiles of their spectra over the exemplar, pictures of small ones, and a histogram of scores. It ends with
    warnings, parameters, inputs and versions. It holds its pictures, fetches nothing, and prints.

    The spectra come from the image that was mapped. What cannot be had is told on the page."""

    def initAlgorithm(self, configuration: Parameters | None = None) -> None:
        self.add_parameter(REPORT_MAP)
        self.add_options(ReportOptions)
        self.add(
            QgsProcessingParameterFileDestination("OUTPUT", "Report", "HTML (*.html)"),
            "The page (.html), which holds its pictures.",
        )
        pdf = QgsProcessingParameterFileDestination("OUTPUT_PDF", "Sheet", "PDF (*.pdf)", optional=True, createByDefault=False)
        self.add(pdf, "A sheet (.pdf) with the map, its legend, a scale bar and the table of classes, as QGIS lays them out.")

    def flags(self) -> Any:
        """Run in the main thread: the sheet's layout belongs to it."""
        return super().flags() | QgsProcessingAlgorithm.Flag.FlagNoThreading

    def compute(self, parameters: Parameters, context: QgsProcessingContext, progress: Progress) -> Parameters:
        from ..core.reports import make_report
        from .report_sheet import check_sheet, write_sheet

        source = self.scene_path(parameters, "INPUT", context)
        pdf = self.parameterAsFileOutput(parameters, "OUTPUT_PDF", context)
        sheet = check_sheet(pdf) if pdf else None
        outputs = make_report(
            source,
            self.parameterAsFileOutput(parameters, "OUTPUT", context),
            **self.options(parameters, context, ReportOptions),
            progress=progress,
        )
        if sheet is not None:
            write_sheet(Path(source), sheet)
        return results(OUTPUT=outputs.report, OUTPUT_PDF=sheet)
