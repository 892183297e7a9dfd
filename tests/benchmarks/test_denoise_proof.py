"""The denoiser's proof: its scenes are what they are said to be, and a perfect method gets perfect figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.spectra.continuum import remove_continuum


@pytest.fixture(scope="module")
def scene(benchmark_data: Path) -> object:
    from sensor_scene import simulate

    return simulate(100)


def test_the_scene_is_made_of_what_it_says(scene: object) -> None:
    inside = np.isfinite(scene.truth).all(-1)
    assert inside.sum() == 120 * 60
    assert (np.isfinite(scene.truth).any(-1) == inside).all()
    counts = np.bincount(scene.patch[inside & ~scene.deposit])
    assert counts.min() >= 190
    assert scene.deposit.sum() == 9
    assert scene.spikes[inside].mean() == pytest.approx(0.005, rel=0.05)
    assert scene.dead[inside].mean() == pytest.approx(0.004, rel=0.3)
    np.testing.assert_array_equal(np.isnan(scene.seen[inside]), scene.dead[inside])
    air = scene.transmission.by_column ** scene.path[..., np.newaxis]
    level = scene.truth.mean(-1, keepdims=True)
    error = (scene.seen / (scene.truth * air) - 1)[inside]
    sound = ~(scene.spikes | scene.dead)[inside]
    assert np.ptp(scene.path[:, 30]) > 0.1
    noise = ((scene.seen - scene.truth * air) / level)[inside]
    assert noise[sound].std() == pytest.approx(np.hypot(0.01, 0.003), rel=0.05)
    struck = np.abs(noise[scene.spikes[inside]])
    assert struck.min() > 0.06
    assert np.isfinite(error[sound]).all()


def test_bland_ground_has_no_absorption_and_the_minerals_theirs(scene: object) -> None:
    from sensor_scene import patch_minerals

    for number, mineral in enumerate(patch_minerals()):
        line, column = np.argwhere(scene.patch == number)[0]
        ratio = remove_continuum(scene.truth[line, column][np.newaxis], scene.axis.by_column_nm[column])[0]
        assert (ratio.min() > 1 - 1e-9) == mineral.startswith("bland"), mineral


def test_every_mineral_has_its_class(benchmark_data: Path) -> None:
    from denoise import allowed_classes
    from sensor_scene import patch_minerals

    allowed = allowed_classes(load_exemplars().class_names)
    expected = [0 if mineral.startswith("bland") else mineral.count("+") + 1 for mineral in patch_minerals()]
    assert allowed.sum(1).tolist() == [*expected, 1]


def test_some_patches_alone_can_count(scene: object) -> None:
    from denoise import LEFT_OUT, figures, only
    from denoise_methods import Denoised
    from sensor_scene import patch_minerals

    part = only(scene, LEFT_OUT.values())
    left = {patch_minerals()[number] for number in np.unique(part.patch[part.patch >= 0])}
    assert {name for name in left if not name.startswith("bland")} == {*LEFT_OUT.values(), "mg_carbonate+mg_smectite"}
    assert sum(name.startswith("bland") for name in left) == 12
    np.testing.assert_array_equal(part.bland, scene.bland)
    found = figures(part, Denoised(scene.truth, scene.truth))
    assert found["mineral spectra with an invented band above 0.5 %"] == "0.0 %"
    assert found["corrected, systematic error"] == "0.00 %"


def test_a_perfect_method_gets_perfect_figures(scene: object) -> None:
    from denoise import figures
    from denoise_methods import Denoised

    found = figures(scene, Denoised(scene.truth, scene.truth, scene.spikes | scene.dead))
    assert found["noise-free model, relative RMSE"] == "0.00 %"
    assert found["corrected, systematic error"] == "0.00 %"
    assert found["CO2 residual at 2.0 µm, RMS / largest"] == "0.00 % / 0.00 %"
    assert found["stripes, before → corrected → model"].endswith("→ 0.00 % → 0.00 %")
    assert found["spikes found / sound entries flagged"] == "100.0 % / 0.00 %"
    assert found["bland spectra with an invented band above 0.5 %"] == "0.0 %"
    assert found["mineral spectra with an invented band above 0.5 %"] == "0.0 %"
    depths = [value for name, value in found.items() if name.startswith("depth error")]
    assert len(depths) == 4
    assert all(value.startswith("0.0 % / 0.0 %") for value in depths)


def test_the_scene_without_correction_gets_bad_figures(scene: object) -> None:
    from denoise import figures
    from denoise_methods import Denoised

    found = figures(scene, Denoised(scene.seen, np.nan_to_num(scene.seen, nan=0.2)))
    assert float(found["noise-free model, relative RMSE"].split()[0]) > 5
    assert float(found["CO2 residual at 2.0 µm, RMS / largest"].split()[0]) > 20


def test_the_volcano_scan_correction_finds_the_path(scene: object) -> None:
    from crism_gan_plugin.core.atmosphere import air_path

    path = air_path(scene.seen, scene.transmission)
    bland = scene.bland
    assert np.median((path - scene.path)[bland]) == pytest.approx(0, abs=0.01)
    assert np.median(np.abs(path - scene.path)[bland]) < 0.03


def test_cubes_for_the_map_know_the_wavelengths_of_their_columns(scene: object, tmp_path: Path) -> None:
    from sensor_scene import write_cubes

    from crism_gan_plugin.core.products.scene import open_scene

    paths = write_cubes(scene, tmp_path, seen=scene.seen)
    with open_scene(paths["seen"], wavelengths=paths["table"]) as opened:
        np.testing.assert_allclose(opened.axis.by_column_nm, scene.axis.by_column_nm, atol=1e-3)
        np.testing.assert_array_equal(opened.read(5, 1), scene.seen[5:6])
