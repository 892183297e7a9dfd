"""What is known of CRISM before any file is opened.

Who lives here: `detectors` (columns, no-data value, wavelengths without signal), `mapping_filters` (channels of mapping data),
`product_names` and `tile_names` (file names, and the companions that they lead to).
Who may come in: everyone.
"""
