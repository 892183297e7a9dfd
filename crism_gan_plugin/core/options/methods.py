"""Which methods are compared on an image, and on what terms."""

from __future__ import annotations

#: The methods, by key: title and source. `core/methods/table.py` has where each is.
COMPARED = {
    "network": ("the network, as in the maps", "this plugin"),
    "whitened": ("whitened cosine on the image's own ground", "Kraut and Scharf 1999"),
    "dcgan": ("network of the adversarial game alone", "Saranathan and Parente 2021"),
    "angle_reflectance": ("spectral angle of I/F, or of the ratio", "Kruse and others 1993"),
    "angle": ("spectral angle over the continuum", "Kruse and others 1993"),
    "euclidean": ("Euclidean distance over the continuum", "textbook"),
    "derivative": ("cosine of the first derivative", "textbook"),
    "dafatt": ("factor analysis and target transformation in windows", "Lin and others 2018"),
}

#: Those that are compared where none is named.
USUAL = ("network", "whitened", "dcgan", "angle_reflectance", "angle", "euclidean", "derivative")
