"""Parameters that several stages have, among them the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .stage import Options, described

IMAGE = Parameter(
    ValueKind.IMAGE,
    "CRISM image",
    "An MTRDR or TER cube (.img with .hdr), the label (.lbl) of a TRR3 product, strips included (MSP, MSW, HSP), or of a map "
    "tile (MRDR), or any ENVI or GeoTIFF cube of I/F whose wavelengths are known. The path may lead into an archive "
    "(/vsizip/images.zip/image.lbl).",
    in_dialogs="Give a layer, or the path of a file, even of one that QGIS cannot show. The CRS that is set on a layer counts.",
    id="INPUT",
    required=True,
)

BESIDES = Parameter(
    ValueKind.FLAG,
    "Also show what is no mineral",
    "Artefacts of the instrument (code 97) and unlisted absorptions (code 98) that the maps show are kept, with their colours and "
    "areas. No mineral gives way to them. Otherwise they count as nothing.",
    advanced=True,
)

WAVELENGTHS = Parameter(
    ValueKind.FILE,
    "Wavelength table",
    "The wavelengths of an image that does not know its own: a WA table (.img), an MTRDR wavelength table (.tab), or text in "
    "columns, as spreadsheets write it. Text has one wavelength a line, in nm or µm. The folder that holds the table may be given "
    "instead. The table that the label of a TRR3 product names is looked for beside the label.",
)

VOLCANO_SCANS = Parameter(
    ValueKind.FILES,
    "Volcano scans (ADR)",
    "Transmissions of the atmosphere (ADR…_VS… .IMG), for an image that is not corrected for the atmosphere (TRR3). The denoiser "
    "uses all of them, the quick correction uses the first. If none is given, those beside the image are used. A folder of scans "
    "may be given instead, together with the table of recommended scans.",
    advanced=True,
)

SCAN_TABLE = Parameter(
    ValueKind.FILE,
    "Table of recommended volcano scans",
    "The instrument team's table (crism_obs_info.txt). The scan that it recommends for the image comes first. That scan is "
    "looked for beside the image, the table and the given scans.",
    advanced=True,
)

GEOMETRY = Parameter(
    ValueKind.FILE,
    "Geometry (DDR)",
    "For an image in sensor space (TRR3, TER): the label of its DDR (…_DE…_DDR1.LBL), which says where on Mars each pixel lies. "
    "If none is given, the one beside the image is used, found by its name. Without any, the result stays in sensor space.",
    old_words=("ddr",),
    of_one_image=True,
)

PLACED_CRS = Parameter(
    ValueKind.CRS,
    "CRS of the map",
    "The CRS in which an image in sensor space is placed. If none is given, it is the equirectangular map of Mars, IAU_2015:49910, "
    "or beyond 65° of latitude the polar map 49930 or 49935.",
    advanced=True,
)

EXEMPLARS = Parameter(
    ValueKind.FILE,
    "Exemplar library",
    "The spectra to look for: a library of CRISM Build Exemplar Library (JSON), or spectra of any format that it reads, in a file, "
    "folder or zip archive. If none is given, it is the library of 32 minerals that comes with the plugin.",
    advanced=True,
)

#: What runs the network.
ENGINES = {
    "auto": "a CUDA graphics card through PyTorch where there is one, else NumPy.",
    "torch": "PyTorch.",
    "numpy": "NumPy.",
}

ENGINE = Parameter(ValueKind.CHOICE, "Engine", "What runs the network.", choices=ENGINES, advanced=True)


@dataclass(frozen=True)
class InfoOptions(Options):
    """The parameters of the command info: those that opening an image takes."""

    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
