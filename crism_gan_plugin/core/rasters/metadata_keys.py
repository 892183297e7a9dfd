"""What our rasters say of themselves: the keys of their metadata, which other programs may read."""

from __future__ import annotations

#: Of an image made of the archive's, and of its maps: the product's name, which the file's need not be.
PRODUCT_ID_KEY = "CRISM_PRODUCT_ID"

#: Of an image that is not the archive's, and of a map: whether the image was corrected for the atmosphere ("yes" or "no").
ATMOSPHERE_KEY = "ATMOSPHERE_CORRECTED"

#: Of an imported image: the products that it was made of.
SOURCES_KEY = "CRISM_SOURCES"

#: Of the bands of a denoiser's model: what bland ground has beyond a concave curve, a factor of I/F.
GROUND_KEY = "CRISM_GROUND"

#: Of a denoised image: the wavelengths, nm, of channels that hang on the volcano scan chosen, "from to".
DOUBTFUL_KEY = "CRISM_DOUBTFUL_NM"

#: Of the files of one run, by which they know each other: the same in all of them.
RUN_ID_KEY = "CRISM_RUN_ID"

#: Of a map or composite: the names of the files with its record and its similarities, which lie beside it.
PROVENANCE_KEY = "CRISM_PROVENANCE"
EVIDENCE_KEY = "CRISM_EVIDENCE"
