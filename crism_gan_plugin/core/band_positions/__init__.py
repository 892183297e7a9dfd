"""Where absorptions lie inside a window of wavelengths, and how deep, wide and large they are.

Who lives here: `pipeline` (file to file); `bands` (how many absorptions spectra show, and which), `gaussians` (many fits at once).
Who may come in: cli, methods.
"""
