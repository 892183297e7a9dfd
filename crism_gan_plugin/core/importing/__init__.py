"""Archive products as clean cubes: one ascending axis, no-data said once, metadata that others read."""

from .product import ImportOutputs, import_product

__all__ = ["ImportOutputs", "import_product"]
