"""Where things lie on Mars.

Who lives here: `crs` (coordinate reference systems), `projection` (map coordinates and degrees), `georeference` (pixels), `areas`
(km² of pixels), `reference` (graticule and landing sites).
Who may come in: everyone.
"""
