"""Published ways to map minerals, beside ours: on one image, with one library, in the same codes and legend.

Who lives here: `pipeline` (file to file); `table` (the methods, a row each), `settings` and `limits` (their parameters, chosen by
texts); `image` (what all of them are given), `classification` (what each gives back); `truth`, `confusion` (what is named what),
`judging`, `agreeing`, `cost` and `rows` (what is told of them); `by_exemplars` (methods that score spectra with each exemplar), and
of these `network`, `cosines` and `angles`; `dafatt`; `gaussian_fits`, `rules`, `superpixels_smacc`, `superpixels_demud`.
Who may come in: cli, validation.
"""
