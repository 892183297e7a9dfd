"""Published ways to map minerals, beside ours: on one image, with one library, in the same codes and legend.

Who lives here: `table` (the methods, a row each), `image` (what all of them are given), `classification` (what each gives back);
`by_exemplars` (methods that score spectra with each exemplar), and of these `network`, `cosines` and `angles`; `dafatt`.
Who may come in: nobody in the core.
"""
