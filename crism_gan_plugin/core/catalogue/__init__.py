"""The catalogue of a folder of maps: a static STAC catalogue, and one layer of all that was detected.

Who lives here: `pipeline` (a folder, catalogued), `mapped` (a map, its limits, its report and its entry); `reading` (what is told
of a map), `footprint` (its outline on Mars), `acquisition` (when its image was taken), `detections` (rows of the layer),
`quadrangles` (which part of Mars an item is listed under); `items`, `extensions` and `tree` (the JSON files), `thumbnail`;
`index` (the GeoPackage, which also remembers what is catalogued), `style` (how the layer looks).
Who may come in: archive, batch, cli.
"""

from .pipeline import CatalogueOutputs, catalogue_maps

__all__ = ["CatalogueOutputs", "catalogue_maps"]
