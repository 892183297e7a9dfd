"""Which mineral a library's spectrum shows, so that specimens of one mineral of the map count as one.

Laboratories name specimens after species, maps after what orbit can tell apart: antigorite and lizardite are both serpentine, and
olivine is two classes by its magnesium. Mixtures and names that are no mineral's are left out, since they would teach the network
to tell a mineral from itself.
"""

from __future__ import annotations

import re
from typing import Optional

#: Species of spectral libraries → class of the exemplar library, where the names differ.
CLASS_OF = {
    "antigorite": "serpentine",
    "anorthite": "plagioclase",
    "augite": "high-Ca pyroxene",
    "bloedite": "polyhydrated sulfate",
    "bronzite": "low-Ca pyroxene",
    "bytownite": "plagioclase",
    "calcite": "Ca/Fe-carbonate",
    "chalcedony": "hydrated silica",
    "chrysotile": "serpentine",
    "clinochlore": "chlorite",
    "clinochlore_fe": "chlorite",
    "clinozoisite": "epidote",
    "copiapite": "polyhydrated sulfate",
    "diopside": "high-Ca pyroxene",
    "dolomite": "Mg-carbonate",
    "enstatite": "low-Ca pyroxene",
    "epsomite": "polyhydrated sulfate",
    "h2o-ice": "H2O ice",
    "hectorite": "Mg-smectite",
    "hypersthene": "low-Ca pyroxene",
    "illite": "illite/muscovite",
    "kieserite": "monohydrated sulfate",
    "labradorite": "plagioclase",
    "lizardite": "serpentine",
    "magnesite": "Mg-carbonate",
    "melting_snow": "H2O ice",
    "montmorillonite": "Al-smectite",
    "muscovite": "illite/muscovite",
    "nontronite": "Fe-smectite",
    "opal": "hydrated silica",
    "prochlorite": "chlorite",
    "saponite": "Mg-smectite",
    "siderite": "Ca/Fe-carbonate",
    "thuringite": "chlorite",
}

#: Olivines of at least, and at most, so much forsterite (%) belong to the two classes; those between to neither.
_MAGNESIAN, _FERROUS = 60, 45


def mineral_of(name: str) -> Optional[str]:
    """The class, else the species, of a spectrum called ``name`` as in the USGS libraries ("Antigorite NMNH96917.e 32um"); or None.

    None for mixtures ("Calcite+Talc PC99-1G", "Kaol_wxl+others"), and for olivine between the classes.
    """
    species = name.split(" ")[0].lower()
    if species == "olivine":
        forsterite = re.search(r"\bfo(\d+)", name.lower())
        if forsterite:
            share = int(forsterite.group(1))
            return "Mg-olivine" if share >= _MAGNESIAN else "Fe-olivine" if share <= _FERROUS else None
    if species in CLASS_OF:
        return CLASS_OF[species]
    return species if re.fullmatch("[a-z]+", species) else None
