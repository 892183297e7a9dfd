"""What an image shows, as a few spectra, and which of them a library lacks.

Who lives here: `pipeline` (file to file); `views` (the image's spectra, block by block), `pixels` (what pixels are compared by),
`chosen` (the endmembers), `lookalikes` (what they resemble), `exemplars` (the library made of them); `tables`, `figure`.
Who may come in: cli.
"""
