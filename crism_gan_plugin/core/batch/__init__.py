"""Many images in one go: each is mapped, what is finished is left alone, and the composite and one table are made of all.

Who lives here: `run`, `images` (which, and their maps' names), `folder`, `finished` (is a map whole and of the same), `summary`
(the table).
Who may come in: cli.
"""

from .run import BatchOutputs, map_batch

__all__ = ["BatchOutputs", "map_batch"]
