"""Many images in one run: each is mapped, finished maps are kept, and all go into one composite and one table.

Who lives here: `run`, `images` (which, and their maps' names), `folder`, `finished` (is a map whole and of the same), `summary`
(the table).
Who may come in: archive, cli, screening.
"""

from .run import BatchOutputs, map_batch

__all__ = ["BatchOutputs", "map_batch"]
