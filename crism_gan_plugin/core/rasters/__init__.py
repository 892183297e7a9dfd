"""Rasters of any format, block by block: the only room that reads and writes pixels with GDAL, apart from composites.

Who lives here: `reader` (the one door to image files), which stands on `raw_image`, `envi`, `pds_label`, `label_pairs`,
`virtual_images`, `scaling`, `missing` (no-data values) and `masks`; `geotiff` and `class_table`, which write; `blocks` (lines
with a halo); `metadata_keys` (what our rasters say of themselves).
Who may come in: everyone.
"""
