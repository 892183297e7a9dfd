"""The CRISM type spectra (MICA: Viviano-Beck et al. 2014, JGR Planets 119, 1403; PDS volume MROCR_8001).

Each phase is a table of seven columns: wavelength in µm; ratio, corrected and not; numerator, corrected and not; denominator,
corrected and not. 65535 is missing. The corrected numerator and the corrected ratio are what maps are compared with.
"""

from __future__ import annotations

import re
from typing import Optional

import numpy as np

from ..errors import InputError
from .exemplars import ExemplarLibrary
from .measured import MeasuredSpectrum
from .spectral_folder import Member, SpectralFolder
from .text_tables import decoded, parse_table

#: Classes whose phase is not simply called by the class's name.
PHASES = {
    "low-Ca pyroxene": "lcp",
    "high-Ca pyroxene": "hcp",
    "Ca/Fe-carbonate": "fe_ca_carbonate",
    "monohydrated sulfate": "mono_hyd_sulf",
    "polyhydrated sulfate": "poly_hyd_sulf",
    "hydroxylated Fe-sulfate": "hydrox_fe_sulf",
}

#: Minerals that Mars's own ground is made of: what their type spectra's ground has of them is theirs. Other numerators show the
#: ground of their scene besides their mineral (docs/decisions/090-an-exemplar-says-whether-it-shows-ground.md).
MAFIC = frozenset({"Mg-olivine", "Fe-olivine", "low-Ca pyroxene", "high-Ca pyroxene"})

#: Column of each view.
VIEWS = {"numerator": 3, "ratio": 1}

_NAME = re.compile(r"crism_typespec_(?P<phase>\w+)\.tab", re.IGNORECASE)

_COLUMNS = 7


def phase_of(class_name: str) -> str:
    """What the volume calls a class."""
    return PHASES.get(class_name, re.sub(r"\W", "_", class_name.lower()))


def is_type_spectrum(member: Member) -> bool:
    return _NAME.fullmatch(member.name) is not None


def read_type_spectrum(member: Member, folder: SpectralFolder, known: ExemplarLibrary) -> list[MeasuredSpectrum]:
    """The two spectra of a phase.

    Parameters
    ----------
    known
        The library whose classes give phases their names.

    Raises
    ------
    InputError
        If it is no table of seven columns.
    """
    table = parse_table(decoded(member.read(), member.where), member.where)
    if table.values.shape[1] != _COLUMNS - 1:
        raise InputError(
            f"{member.where}: has {table.values.shape[1] + 1} columns, where type spectra have {_COLUMNS}; get the file again"
        )
    match = _NAME.fullmatch(member.name)
    assert match is not None
    phase = match["phase"].lower()
    subject = next((name for name in known.class_names if phase_of(name) == phase), phase.replace("_", " "))
    place = _place(folder.beside(member, ".lbl"))
    return [
        MeasuredSpectrum(
            name=f"{subject} ({view})",
            subject=subject,
            source=f"corrected {view} of the MICA type spectrum {phase}{place} (Viviano-Beck et al. 2014)",
            file=member.where,
            wavelengths_nm=table.wavelengths_nm,
            values=np.asarray(table.values[:, column - 1]),
            on_ground=view == "numerator" and subject not in MAFIC,
        )
        for view, column in VIEWS.items()
    ]


def _place(label: Optional[Member]) -> str:
    """Scene and pixels of a phase, by its label."""
    if label is None:
        return ""
    text = label.read().decode("latin-1")
    scene = re.search(r'SOURCE_PRODUCT_ID\s*=\s*"(\w+)"', text)
    found = {key: re.search(rf'MRO:TYPESPEC_{key}\s*=\s*"?([\dx]+)', text) for key in ("NUM_COLUMN", "NUM_ROW", "ROI_SIZE")}
    if scene is None:
        return ""
    numbers = [each.group(1) for each in found.values() if each is not None]
    where = f", column {numbers[0]}, row {numbers[1]}, {numbers[2]} pixels" if len(numbers) == len(found) else ""
    return f" from {scene.group(1)}{where}"
