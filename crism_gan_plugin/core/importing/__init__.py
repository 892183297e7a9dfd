"""Archive products as clean cubes, with one ascending axis, one value for no data, and metadata that other programs read.

Who lives here: `cube` (the files that belong together), `product` (file to file).
Who may come in: cli.
"""

from .product import ImportOutputs, import_product

__all__ = ["ImportOutputs", "import_product"]
