"""An image as segments of like pixels, and the few of its spectra that say the most. Arrays in, arrays out.

Who lives here: `superpixels` (pixels that are alike and side by side; `merging` is its graph), `means` (of segments), `deviations`
(numbers in units of how much they vary), `smacc` and `demud` (which spectra to choose).
Who may come in: endmembers, methods.
"""
