"""The paper's figures 2 and 9 A-C: what summary parameters show of an image, and what the map shows of it.

    python3 benchmarks/paper_figures.py
    python3 benchmarks/paper_figures.py --kaolinite FRT000097E2_TER.img --browse FRT000093BE_MTR3.img

They go to docs/ as `fig_paper_2.png` and `fig_paper_9.png`. Without images the simulated ones are taken: a scan of 160 x 160 pixels
of 18 m with its detector's stripes and spikes, around a small deposit of kaolinite, denoised in the full mode; and the image of the
practice set with Jezero's site, in pixels of 36 m. Of these the truth is known, and a table counts by it. The images that the paper
shows can be fetched by `crism:fetchproducts`. Give them without geometry (DDR) beside them: figure 2 shows pixels as they were
taken. Needs Matplotlib, and PyTorch for denoising.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np
from measure import table

from crism_gan_plugin.core import denoise_scene, make_summary_parameters, map_scene
from crism_gan_plugin.core.arrays import BoolArray, FloatArray
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.mapping.legend import entries_of
from crism_gan_plugin.core.mapping.levels import GUESS_OFFSET, NO_DATA
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.simulation import Track, simulate_sensor_scene
from crism_gan_plugin.core.simulation.scenes import DEMO_SCENES, simulate_scene
from crism_gan_plugin.core.summary_parameters.stretch import colours, limits_of

DOCS = Path(__file__).resolve().parent.parent / "docs"

#: What red, green and blue are where ground is shown in near-infrared colours.
GROUND = ("R2529", "R1506", "R1080")

#: The paper's OLINDEX, BD2500 and D2300, by their newer definitions.
BROWSE = ("OLINDEX3", "BD2500_2", "D2300")

MINERAL, PARAMETER = "kaolinite", "MIN2200"

#: The place and the size of the simulated scan with kaolinite, and the pixels of the other image, m.
PLACE, SIDE, PIXEL_M = (18.179, 77.317), 160, 36


@dataclass(frozen=True)
class Numbers:
    """Summary parameters of an image, by name."""

    planes: dict[str, FloatArray]

    @staticmethod
    def of(image: Path, names: tuple[str, ...], folder: Path) -> Numbers:
        made = make_summary_parameters(image, folder / f"{image.stem}_numbers.tif", parameters=list(dict.fromkeys(names)))
        with RasterReader(made.parameters) as reader:
            planes = reader.read(0, reader.lines)
        return Numbers(dict(zip(dict.fromkeys(names), planes)))

    def picture(self, names: tuple[str, ...]) -> Any:
        """(lines, samples, 3) bytes; no data is white."""
        planes = np.stack([self.planes[name] for name in names])
        return colours(planes, [limits_of([plane]) for plane in planes]).transpose(1, 2, 0)


def codes_of(image: Path, folder: Path, model: Optional[Path] = None) -> FloatArray:
    """The class codes that the map gives an image."""
    made = map_scene(image, folder, name=f"{image.stem}_minerals", model=model, engine="numpy")
    with RasterReader(made.classes) as reader:
        return reader.read(0, reader.lines)[0]


def truth_of(path: Path, name: str) -> BoolArray:
    """Where a simulated image has a mineral."""
    with RasterReader(path) as reader:
        return reader.read(0, reader.lines)[0] == code_of(name)


def code_of(name: str) -> int:
    return next(mineral.code for mineral in load_exemplars().classes if mineral.name == name)


def ratio_of_deposit(image: Path, deposit: BoolArray, all_codes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Wavelengths (µm) and the deposit's mean spectrum over that of unnamed pixels in the same columns."""
    with open_scene(image) as scene:
        cube = scene.read(0, scene.lines)
        nm = scene.axis.wavelengths_nm
    if cube.shape[:2] != deposit.shape:
        sys.exit(f"{image}: is placed by the geometry beside it; give it without")
    columns = np.flatnonzero(deposit.any(0))
    bland = np.zeros_like(deposit)
    bland[:, columns] = (all_codes == 0)[:, columns]
    shown = (nm > 1050) & (nm < 2640)
    mean, ground = (np.nanmean(cube[where][:, shown], axis=0) for where in (deposit, bland))
    return nm[shown] / 1000, mean / ground


def new_figure(columns: int, size: tuple[float, float]) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.subplots(1, columns)


def show(panel: Any, picture: Any, title: str, **more: Any) -> Any:
    panel.set_title(title, fontsize=8, loc="left")
    panel.set_xticks([])
    panel.set_yticks([])
    return panel.imshow(picture, interpolation="nearest", **more)


def figure_2(image: Path, folder: Path, truth: Optional[Path]) -> str:
    """The parameter that was made for kaolinite, before and after denoising; a table if the truth is known."""
    denoised = denoise_scene(image, folder)
    plain, clean = (Numbers.of(each, (*GROUND, PARAMETER), folder) for each in (image, denoised.model))
    codes = codes_of(denoised.corrected, folder, denoised.model)
    deposit = codes == code_of(MINERAL)
    figure, panels = new_figure(4, (11, 3))
    show(panels[0], plain.picture(GROUND), "A  image: R2529, R1506, R1080")
    if deposit.any():
        panels[0].contour(deposit, [0.5], colors="lime", linewidths=0.8)
        panels[1].plot(*ratio_of_deposit(denoised.corrected, deposit, codes), color="black", linewidth=0.9)
    panels[1].set_title("B  ratio of the deposit (green in A)", fontsize=8, loc="left")
    panels[1].set_xlabel("wavelength (µm)", fontsize=8)
    panels[1].tick_params(labelsize=7)
    for line in (2.165, 2.21):
        panels[1].axvline(line, color="0.8", linewidth=0.6, zorder=0)
    high = max(limits_of([plain.planes[PARAMETER]])[1], limits_of([clean.planes[PARAMETER]])[1])
    for panel, numbers, title in zip(panels[2:], (plain, clean), (f"C  {PARAMETER}", f"D  {PARAMETER}, denoised")):
        drawn = show(panel, numbers.planes[PARAMETER], title, cmap="gray", vmin=0, vmax=high)
    figure.colorbar(drawn, ax=panels[3], shrink=0.8).ax.tick_params(labelsize=7)
    figure.savefig(DOCS / "fig_paper_2.png", dpi=95, metadata={"Software": None})
    return "" if truth is None else count(truth_of(truth, MINERAL), plain, clean, codes)


def count(there: BoolArray, plain: Numbers, clean: Numbers, codes: FloatArray) -> str:
    """How many of the pixels with the highest parameter have the mineral, as many as have it; and the same of the map."""
    rows: list[list[object]] = []
    for name, numbers in (("MIN2200", plain), ("MIN2200, denoised", clean)):
        values = np.nan_to_num(numbers.planes[PARAMETER], nan=-1)
        highest = np.zeros(there.size, bool)
        highest[np.argsort(-values.ravel(), kind="stable")[: there.sum()]] = True
        rows.append([name, int(highest.sum()), f"{(highest & there.ravel()).sum() / highest.sum():.3f}"])
    for name, offset in (("map, identified", 0), ("map, guessed", GUESS_OFFSET)):
        found = codes == code_of(MINERAL) + offset
        rows.append([name, int(found.sum()), f"{(found & there).sum() / max(found.sum(), 1):.3f}"])
    return table([f"{int(there.sum())} pixels have {MINERAL}", "pixels", "share that has it"], rows)


def figure_9(image: Path, folder: Path) -> None:
    """The image, its map, and three parameters as colours."""
    numbers, codes = Numbers.of(image, (*GROUND, *BROWSE), folder), codes_of(image, folder)
    entries = entries_of(load_exemplars().classes, np.unique(codes[codes != NO_DATA]).astype(int).tolist())
    painted = np.full((256, 3), 255, np.uint8)
    painted[0] = 225
    for entry in entries:
        painted[entry.value] = entry.rgb
    figure, panels = new_figure(3, (10, 5.4))
    show(panels[0], numbers.picture(GROUND), "A  image: R2529, R1506, R1080")
    show(panels[1], painted[codes.astype(np.uint8)], "B  map; paler: guesses")
    show(panels[2], numbers.picture(BROWSE), f"C  {', '.join(BROWSE)}")
    from matplotlib.patches import Patch

    legend = [Patch(color=np.array(e.rgb) / 255, label=e.mineral) for e in entries if e.value < GUESS_OFFSET]
    figure.get_layout_engine().set(rect=(0, 0.12, 1, 0.88))
    figure.legend(handles=legend, loc="lower center", ncol=5, fontsize=7, frameon=False)
    figure.savefig(DOCS / "fig_paper_9.png", dpi=85, metadata={"Software": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kaolinite", type=Path, metavar="IMAGE", help="of figure 2")
    parser.add_argument("--browse", type=Path, metavar="IMAGE", help="of figure 9")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kaolinite, browse, truth = options.kaolinite, options.browse, None
        if kaolinite is None:
            scan = simulate_sensor_scene(
                "frt0000a001_07_if165j_ter3", folder, lines=SIDE, samples=SIDE, bands=489, track=Track(*PLACE)
            )
            kaolinite, truth = scan.image, scan.truth
            for file in folder.glob("*_de*"):  # its geometry: the figure shows pixels as they were taken
                file.unlink()
        if browse is None:
            browse = simulate_scene(DEMO_SCENES[0], folder, pixel_m=PIXEL_M).image
        print(figure_2(kaolinite, folder, truth))
        figure_9(browse, folder)


if __name__ == "__main__":
    main()
