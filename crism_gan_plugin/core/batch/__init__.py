"""Many images in one go: each is mapped, what is finished is left alone, and the composite and one table are made of all."""

from .run import COMPOSITE, BatchOutputs, map_batch

__all__ = ["COMPOSITE", "BatchOutputs", "map_batch"]
