"""What a map shows and why, as one page to be read and printed without the plugin.

Who lives here: `pipeline` (file to file), `subject` (the map, opened, and what lies
below and beside it), `class_scores` (scores of each class, counted), `listed` (the deposits that are shown), `samples` (their
spectra), `below` (the image below the map); `picture` (the map, smaller), `png`, `svg` and `axes` (how pictures and curves are
written), `map_figure`, `curves` (the figures); `page` and `sections` (HTML), `text` (words and numbers in it), `stylesheet`.
Who may come in: batch, catalogue, cli, endmembers, validation.
"""

from .pipeline import ReportOutputs, make_report

__all__ = ["ReportOutputs", "make_report"]
