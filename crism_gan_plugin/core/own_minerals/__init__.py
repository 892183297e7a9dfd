"""Exemplar libraries of one's own: built from spectra of others and from polygons on an image.

Who lives here: `pipeline` (files to file), `polygons` (mean spectra of an image), `adding` (one spectrum more), `telling_apart`
(which classes a new one is taken for).
Who may come in: cli, endmembers.
"""
