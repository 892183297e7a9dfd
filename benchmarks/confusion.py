"""Are the MICA type spectra named right, also when the library holds only their other view?

    python3 benchmarks/confusion.py

Every default class's corrected numerator and ratio, as a pixel would be prepared without a model cube, against the whole shipped
library, and each view against exemplars of the other view alone. Needs the real data (see `views.py`).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from measure import machine, table
from views import DATA

from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.libraries.mica import VIEWS, phase_of
from crism_gan_plugin.core.mapping.levels import detect, make_thresholds
from crism_gan_plugin.core.network.discriminator import load_discriminator
from crism_gan_plugin.core.network.similarity import Matcher
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.noise import noise_of
from crism_gan_plugin.core.spectra.ratio import remove_scene_continuum
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

LEVELS = ("nothing", "guess", "identification")


def type_spectra(library: ExemplarLibrary, view: str) -> np.ndarray:
    """(classes, 240) of the library's classes: ratio to the continuum as the pipeline computes it without a model."""
    spectra = []
    for name in library.class_names:
        phase = phase_of(name)
        columns = np.loadtxt(DATA / "mica" / f"crism_typespec_{phase}.tab", delimiter=",")
        infrared = columns[:, 0] > 1.02
        values = columns[infrared, VIEWS[view]]
        resample = resampler_to_grid(SpectralAxis(columns[infrared, 0] * 1000), phase)
        cube = np.where((values > 0) & (values < 60000), values, np.nan).astype(np.float32)[None, None]
        spectra.append(remove_scene_continuum(cube[..., resample.bands], resample).spectra[0, 0])
    return np.minimum(np.array(spectra), 1)


def only(library: ExemplarLibrary, view: str) -> ExemplarLibrary:
    """The library with exemplars of one view alone."""
    rows = [row for row, name in enumerate(library.names) if view in name]
    return replace(
        library,
        names=[library.names[row] for row in rows],
        spectra=library.spectra[rows],
        class_index=library.class_index[rows],
        sources=[library.sources[row] for row in rows],
        bands=[library.bands[row] for row in rows],
        positions=library.positions[rows],
        on_ground=library.on_ground[rows],
    )


def main() -> None:
    library = load_exemplars().defaults()
    named = library.select(name for name in library.class_names if "mixture" not in name)
    discriminator = load_discriminator(engine="numpy")
    rows, right = [], {}
    cases = [("numerator", "whole", library), ("ratio", "whole", library)]
    cases += [("numerator", "ratio", only(library, "ratio")), ("ratio", "numerator", only(library, "numerator"))]
    found = {}
    for view, exemplars, used in cases:
        spectra = type_spectra(named, view)
        scores = Matcher(discriminator, used, load_background())(spectra, noise_of(spectra))
        found[view, exemplars] = detect(scores, used, make_thresholds(used), 1)
        names = [used.class_names[k] for k in found[view, exemplars].mineral]
        right[view, exemplars] = np.array([a == b for a, b in zip(names, named.class_names)])
    for k, name in enumerate(named.class_names):
        row = [name]
        for view, exemplars, used in cases:
            detection = found[view, exemplars]
            best = used.class_names[detection.mineral[k]]
            what = "" if best == name else f"**{best}** "
            row.append(f"{what}{detection.score[k]:.3f} {LEVELS[detection.level[k]]}")
        rows.append(row)
    rows.append(["named right", *(f"{r.sum()} of {r.size}" for r in right.values())])
    print(machine())
    print(
        table(
            [
                "class",
                *(f"{view} against {exemplars} {'library' if exemplars == 'whole' else 'only'}" for view, exemplars, _ in cases),
            ],
            rows,
        )
    )


if __name__ == "__main__":
    main()
