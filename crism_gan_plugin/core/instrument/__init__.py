"""What is known of CRISM before any file is opened.

Who lives here: `detectors` (columns, no-data value, wavelengths without signal), `product_names` (file names, and the companions
that they lead to).
Who may come in: everyone.
"""
