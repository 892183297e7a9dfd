"""What the instrument team delivers, opened: an image with its wavelengths is a scene.

Who lives here: `scene`, `wavelengths` (which stands on `wavelength_text`, `wavelength_units` and `band_names`), `kinds` (files
that are no images), `information` (each map pixel's detector column).
Who may come in: everyone.
"""
