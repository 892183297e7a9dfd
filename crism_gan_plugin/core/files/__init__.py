"""Files: how they are found, opened and read as data, recorded as inputs, and written whole or not at all. No science is here.

Who lives here: `names` (what a name leads to), `reading` (sizes, JSON, checksums), `npz` (arrays), `tables` (CSV),
`gdal_access` and `virtual` (what GDAL opens), `inputs` (what a run reads), `outputs`, `unfinished` and `locks` (what it writes),
`pixel_file` (scratch: numbers of pixels on disk).
Who may come in: everyone.
"""
