"""Archive products as clean cubes: one ascending axis, no-data said once, metadata that others read.

Who lives here: `cube` (the files that belong together), `product` (file to file).
Who may come in: cli.
"""

from .product import ImportOutputs, import_product

__all__ = ["ImportOutputs", "import_product"]
