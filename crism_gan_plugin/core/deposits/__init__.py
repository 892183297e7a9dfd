"""Deposits: connected patches of one mineral in a map, as polygons with the evidence for each.

Who lives here: `pipeline` (file to file), `source` (the map, opened), `evidence` (what lies beside it); `runs` (a map as
stretches of pixels), `patches` (which of them are connected), `holes`, `measures` (what each patch has), `spectra` (of the image
below), `rows` (the fields of the layer); `tracing` (outlines), `style`.
Who may come in: catalogue, cli, methods, reports, rules.
"""
