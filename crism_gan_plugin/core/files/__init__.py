"""Files: found, opened and read as data; recorded as inputs; written whole or not at all. No science.

Who lives here: `reading` (names, sizes, JSON, checksums), `npz` (arrays), `gdal_access` and `virtual` (what GDAL opens, and its
names for it), `inputs` (what a run reads), `outputs`, `unfinished` and `locks` (what it writes).
Who may come in: everyone.
"""
