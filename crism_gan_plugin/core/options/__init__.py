"""What can be chosen in each stage, said once: names, defaults, choices, ranges and help.

The command line, the dialogs of QGIS, the keywords of the public functions and their docstrings are made from what is said here.
Nothing here imports NumPy, so that a command line is there at once.

Who lives here: `parameter` (what is said of a parameter), `checks` (what is no value of it), `stage` (the base of the classes of
options), `keywords` (public functions that take them), `arguments` (the command line's), `threshold_text`; a class of options for
each stage: `mapping`, `batch`, `denoising`, `composite`, `deposits`, `similarity`, `importing`, `continuum`, `training`; `shared`
(parameters of several stages).
Who may come in: everyone.
"""
