"""Measures what bland ground looks like, and writes the statistics (no spectra) that come with the plugin.

    python3 tools/measure_background.py [--out model_weights/background.npz]

The ground is that of polygons labelled bland in MRDR tiles around Argyre, plain and ratioed. MICA's bland ground tells how much of
other ground these do not know. A real TRR3, corrected by each of the volcano scans of its kind, tells what air and instrument
leave: what the results differ in is air; what neighbouring lines differ in, but for what is smooth, is noise. Needs the real data
in `../shared/data` or CRISM_TEST_DATA.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from labelled_ground import VIEWS, bland_of, measure_background, read_ground  # noqa: E402
from views import DATA  # noqa: E402

from crism_gan_plugin.core.atmosphere.correction import volcano_scan_correction  # noqa: E402
from crism_gan_plugin.core.atmosphere.records import read_volcano_scan, transmission_for  # noqa: E402
from crism_gan_plugin.core.background import save_background  # noqa: E402
from crism_gan_plugin.core.background.bridge import bridged  # noqa: E402
from crism_gan_plugin.core.background.model import principal, second_moment  # noqa: E402
from crism_gan_plugin.core.background.residuals import Residuals  # noqa: E402
from crism_gan_plugin.core.products.scene import open_scene  # noqa: E402
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM  # noqa: E402
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid  # noqa: E402
from crism_gan_plugin.core.spectra.smoothing import savitzky_golay_matrix  # noqa: E402

TRR3 = DATA / "crism" / "trdr" / "frt0001458f_01_if156l_trr3.lbl"
WAVELENGTHS = DATA / "crism" / "cdr" / "CDR450924300802_WA0300000L_3.IMG"
SCANS = DATA / "crism" / "adr"

#: Directions of air: those with more than a twentieth of the longest one's length.
_LEAST_AIR = 0.05


def corrected_by_each_scan() -> np.ndarray:
    """(scans, lines, columns, 240) ln I/F of the TRR3, its columns without light left out."""
    with open_scene(TRR3, wavelengths=WAVELENGTHS) as scene:
        cube, resample = scene.read(0, scene.lines), resampler_to_grid(scene.axis, str(TRR3))
        found = []
        for path in sorted(SCANS.glob("ADR1*_VS30L_8.IMG")):
            scan = transmission_for(read_volcano_scan(path), scene.axis, scene.samples)
            found.append(np.log(resample(volcano_scan_correction(cube, scan)[..., resample.bands])))
    spectra = np.array(found)
    return spectra[:, :, np.isfinite(spectra).all((0, 1, 3))]


def measure_residuals(spectra: np.ndarray) -> Residuals:
    """From ln I/F of one image, corrected in several ways, (ways, lines, columns, 240)."""
    differences = spectra - spectra.mean(0)
    differences -= differences.mean(-1, keepdims=True)
    air = principal(second_moment(bridged(differences.reshape(-1, WAVELENGTHS_NM.size))))
    lengths = np.linalg.norm(air, axis=1)
    along = np.diff(spectra.mean(0), 2, axis=0)
    rough = along - along @ savitzky_golay_matrix(WAVELENGTHS_NM.size)
    deviation = np.median(np.abs(rough), axis=(0, 1))  # spikes are no noise
    return Residuals(air[lengths > _LEAST_AIR * lengths[0]], deviation / np.median(deviation))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "model_weights" / "background.npz")
    options = parser.parse_args()
    ground = read_ground()
    bland = bland_of(ground, np.ones(len(ground.tiles), bool))
    counts = {view: len(bland.spectra[view]) for view in VIEWS}
    model = measure_background(
        bland,
        {
            "measured_on": "polygons labelled bland in MRDR tiles around Argyre (Phillips et al.; NASA PDS)",
            "rest_measured_on": "denominators of the CRISM type spectra (MICA; NASA PDS)",
            "polygons": counts,
            "tiles": len(set(ground.tiles[ground.is_bland])),
            "residuals_measured_on": f"{TRR3.stem.upper()} with each volcano scan of its kind (NASA PDS)",
        },
        measure_residuals(corrected_by_each_scan()),
    )
    save_background(model, options.out)
    print(
        f"{options.out}: {counts['plain']} plain, {counts['ratio']} ratioed spectra; rest {model.rest:.4f}; "
        f"air {np.sqrt((model.residuals.air**2).sum() / WAVELENGTHS_NM.size):.4f} in {len(model.residuals.air)} directions"
    )


if __name__ == "__main__":
    main()
