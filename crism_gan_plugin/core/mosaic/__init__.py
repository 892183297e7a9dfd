"""Lays many maps over each other. The composite still says which map each of its pixels comes from.

Who lives here: `composite` (files to file), `laying` (block by block), `canvas` (one block), `strategies` (what shows where maps
overlap); `maps` and `companions` (what is laid), `classes` (one legend), `grid`, `sheets` (where a map lies), `sampling` (its
numbers, by GDAL's warper), `rasters` (what is written), `tiles` (of all Mars), `rasterio_access`; `second_looks` (counts of
pairs of maps), `repeatability` (what they tell), `own_worth` (what a map's files tell of its detections; `limits_beside` finds some
of them), `agreement`, `tally` and `styles`.
Who may come in: archive, batch, catalogue, cli, deposits, detection_limit, inspection, reports.
"""
