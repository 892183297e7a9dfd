"""From an image to a map of minerals.

Who lives here: `pipeline` (file to file), `options`, `cube` (the image that is mapped), `denoising` (its first step),
`neutral_ratio`, `agreement`; `scales`, `smoothing`, `levels`, `support`, `on_ground`, `merge`, `doubtful`, `wrapped_matcher`;
`competition` (how many detections are false), `probable` (how probably each is right), `unlisted`, `artefacts` and
`unlisted_files` (what is no class); `few_channels` (what mapping data cannot tell); `map_files`, `legend`, `placing`, `record`.
Who may come in: archive, band_positions, batch, catalogue, cli, deposits, detection_limit, endmembers, inspection, methods, mosaic,
reports, screening, search, summary_parameters, validation.
"""
