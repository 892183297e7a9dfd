"""How right methods are on images that people have labelled: one command gives the table that the field compares by.

Who lives here: `pipeline` (files to file); `labels` (whose labels are which of our classes), `labelled_pixels` (the file of Plebani
and others), `labelled_images` (rasters and polygons), `onnx` (a classifier of others),
`calibration` (whether scores can be believed), `rows` (the tables), `figure` (the reliability diagrams).
Who may come in: cli.
"""
