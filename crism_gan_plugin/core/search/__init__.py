"""Where an image shows a spectrum: any spectrum, compared with every pixel.

Who lives here: `pipeline` (file to file); `references` (the spectrum, from a library, a file or the image), `places` (points and
polygons on an image), `region` (the spectra there); `metrics` and `scoring` (how much alike), `best` (the best
pixels), `histogram`.
Who may come in: cli, endmembers, methods, own_minerals, validation.
"""
