"""Which summary parameters and browse products are to be made of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .shared import GEOMETRY, PLACED_CRS, WAVELENGTHS
from .stage import Options, described

#: The summary parameters in the archive's order, and what each shows.
SUMMARY_PARAMETERS = {
    "R770": "brightness.",
    "RBR": "redness, dust.",
    "BD530_2": "fine crystalline ferric minerals.",
    "SH600_2": "ferric minerals, compacted dust.",
    "SH770": "ferric oxides.",
    "BD640_2": "ferric minerals, maghemite.",
    "BD860_2": "hematite.",
    "BD920_2": "ferric oxides, low-Ca pyroxene.",
    "RPEAK1": "iron minerals: wavelength of the visible peak, µm.",
    "BDI1000VIS": "olivine, pyroxene, glass: band at 1 µm.",
    "R440": "clouds, hazes.",
    "IRR1": "aerosols.",
    "BDI1000IR": "olivine, pyroxene, glass: band at 1 µm.",
    "R1330": "infrared brightness.",
    "OLINDEX3": "olivine.",
    "LCPINDEX2": "low-Ca pyroxene.",
    "HCPINDEX2": "high-Ca pyroxene.",
    "BD1300": "plagioclase, Fe-olivine.",
    "VAR": "olivine, pyroxene.",
    "ISLOPE1": "coatings on dark rock.",
    "BD1400": "water, hydroxyl.",
    "BD1435": "CO2 ice.",
    "BD1500_2": "H2O ice.",
    "ICER1_2": "CO2 against H2O ice.",
    "BD1750_2": "gypsum, alunite.",
    "BD1900_2": "water in minerals.",
    "BD1900R2": "water in minerals.",
    "BDI2000": "pyroxene.",
    "BD2100_2": "monohydrated sulfates.",
    "BD2165": "pyrophyllite, kaolinite.",
    "BD2190": "beidellite, allophane.",
    "MIN2200": "kaolinite.",
    "BD2210_2": "Al-OH.",
    "D2200": "Al-OH.",
    "BD2230": "hydroxylated ferric sulfate.",
    "BD2250": "opal, Al-OH.",
    "MIN2250": "opal.",
    "BD2265": "jarosite, gibbsite.",
    "BD2290": "Mg,Fe-OH; CO2 ice.",
    "D2300": "Fe/Mg-OH.",
    "BD2355": "chlorite, prehnite.",
    "SINDEX2": "sulfates.",
    "ICER2_2": "CO2 ice.",
    "MIN2295_2480": "Mg-carbonate.",
    "MIN2345_2537": "Ca/Fe-carbonate.",
    "BD2500_2": "Mg-carbonate.",
    "BD3000": "bound water.",
    "BD3100": "H2O ice.",
    "BD3200": "CO2 ice.",
    "BD3400_2": "carbonates.",
    "CINDEX2": "carbonates.",
    "BD2600": "H2O vapour and ice.",
    "IRR2": "aerosols: ice against dust.",
    "IRR3": "aerosols: ice against dust.",
    "R530": "colour.",
    "R600": "colour.",
    "R1080": "false colour.",
    "R1506": "false colour.",
    "R2529": "false colour.",
    "R3920": "ice composites.",
}

#: The browse products by the archive's code, and what each shows.
BROWSE_PRODUCTS = {
    "TRU": "true colour.",
    "VNA": "visible brightness.",
    "FEM": "iron minerals.",
    "FM2": "iron minerals.",
    "TAN": "colour of both detectors.",
    "IRA": "infrared brightness.",
    "FAL": "false colour.",
    "MAF": "olivine, low-Ca and high-Ca pyroxene.",
    "HYD": "hydrated minerals, sulfates.",
    "PHY": "phyllosilicates: Fe/Mg-OH, Al-OH, water.",
    "PFM": "phyllosilicates with Fe and Mg.",
    "PAL": "phyllosilicates with Al.",
    "HYS": "hydrated silica.",
    "ICE": "ices.",
    "IC2": "ices.",
    "CHL": "coatings, bound water, aerosols.",
    "CAR": "Mg-carbonate.",
    "CR2": "carbonates.",
}


@dataclass(frozen=True)
class SummaryOptions(Options):
    """The parameters of `make_summary_parameters`."""

    parameters: Sequence[str] = described(
        (),
        Parameter(
            ValueKind.CHOICES,
            "Summary parameters",
            "The parameters that are made, a band each. If none is named, all are made that the image has the wavelengths for.",
            choices=SUMMARY_PARAMETERS,
        ),
    )
    products: Sequence[str] = described(
        ("FAL", "MAF", "HYD", "PHY"),
        Parameter(
            ValueKind.CHOICES,
            "Browse products",
            "The colour images that are made, each of three parameters.",
            choices=BROWSE_PRODUCTS,
        ),
    )
    recompute: bool = described(
        False,
        Parameter(
            ValueKind.FLAG,
            "Compute what the archive delivers",
            "Compute all of it, even if the archive's own summary parameters (SR, else SU) and browse products (BR) of the image "
            "lie beside it.",
            advanced=True,
        ),
    )
    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
    geometry: Optional[PathLike] = described(None, GEOMETRY)
    crs: Optional[str] = described(None, PLACED_CRS)
