"""The parameters of each stage, each written down once: its name, default, choices, range and help.

The command line, the dialogs of QGIS, the keywords of the public functions and their docstrings are made from these descriptions.
Nothing here imports NumPy, so that the command line starts at once.

Who lives here: `parameter` (the description of one parameter), `checks` (which values it refuses), `stage` (the base of the
classes of options), `keywords` (public functions that take them), `arguments` (the command line's), `threshold_text`; a class of
options for each stage: `mapping`, `batch`, `archive`, `denoising`, `composite`, `deposits`, `catalogue`, `detection_limit`,
`report`, `similarity`, `methods`, `summary_parameters`, `band_positions`, `endmembers`, `screening`, `validation`, `exemplars`,
`fetching`, `importing`, `continuum`, `training`, `simulation`; `shared` (parameters of several stages).
Who may come in: everyone.
"""
