"""Spectra as arrays: their wavelengths, the network's grid, resampling, smoothing, and the continuum.

Who lives here: `axis` (a cube's channels), `grid` (the network's 240, of network_grid.txt), `resampling` (from the one to the
other, and missing channels), `few_channels` (mapping data), `smoothing`, `noise`, `sweet_spot`, `continuum` (hulls), `ratio` (I/F
over its hull, on the grid).
Who may come in: everyone.
"""
