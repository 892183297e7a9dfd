"""CRISM Spectra: the spectra behind a pixel, in a dock.

Who lives here: `viewer` (what the plugin starts and ends: it ties the others together), `tool` (the mouse), `questions` (what was
asked, of which layer), `task` (answers, beside the window), `dock`, and in it `spectrum_list` of what was `picked`, `plots` (drawn
by Matplotlib), `wavelength_line` and `text`; `markers` (on the canvas), `dock_place` (where the dock was), `export` (copy, CSV,
images, more like this), `library` (a spectrum becomes one of a library).
"""
