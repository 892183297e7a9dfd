"""Thousands of images on a cluster: each is denoised and mapped by a worker, and a ledger says what became of it.

Who lives here: `pipeline` (images to maps), `listing` (which images), `ledger` (a line for each scene), `jobs` (what is to be done
with a scene), `stages` (what a worker does), `outcome` (what it tells of that), `cluster` (Dask's, ours or another's), `workers`
(which of its workers are fit), `window` (a few jobs at a time), `ticket` (what proves that a worker sees our folder),
`local_worker` (what our own workers load), `tiled` (the composite).
Who may come in: cli.
"""
