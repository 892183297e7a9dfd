"""Implants are mapped as if they had been in the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.detection_limit.implants import GUESSED, IDENTIFIED, MISSED, Implants, implanted
from crism_gan_plugin.core.detection_limit.no_minerals import NoMinerals
from crism_gan_plugin.core.detection_limit.places import BlandPlaces, choose_lines
from crism_gan_plugin.core.detection_limit.regions import Regions
from crism_gan_plugin.core.inspection import open_inspection
from crism_gan_plugin.core.libraries.absorption import at_share, own_absorption
from crism_gan_plugin.core.mapping.competition import CompetingMatcher
from crism_gan_plugin.core.mapping.levels import NOTHING
from crism_gan_plugin.core.mapping.neutral_ratio import ratio_on
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.progress import Progress
from tests.core.detection_limit.conftest import CLASSES, LINES, SAMPLES


@pytest.mark.parametrize("ratio", ["off", "column", "bland"])
@pytest.mark.parametrize("with_model", [False, True])
def test_an_implant_is_found_where_the_planted_image_shows_it(
    ratio: str, with_model: bool, bland: np.ndarray, make_tif: Callable[..., Path], run_map, tmp_path: Path
):
    source = make_tif(tmp_path / "scene.tif", bland)
    more = {}
    if with_model:
        smooth = bland.copy()
        smooth[..., 1:-1] = (bland[..., :-2] + bland[..., 1:-1] + bland[..., 2:]) / 3
        more["model"] = make_tif(tmp_path / "model.tif", smooth)
    opened = open_inspection(run_map(source, ratio=ratio, **more).classes)
    cube, mapper = opened.cube, opened.mapper
    regions = Regions.of(cube, tmp_path, Progress())
    windows = BlandPlaces(cube, mapper, opened.region, regions).choose([1, 5], 12, 0, Progress())
    implants = Implants(windows, mapper)
    assert len(windows) > 100
    assert implants.named_as_they_are() == 0

    library = mapper.matcher.library
    place = library.class_names.index("kaolinite")
    absorption = own_absorption(library, place)
    views = opened.region(slice(0, LINES), slice(0, SAMPLES), Progress())
    grounds = [each for each in (views.ground, views.model_ground) if each is not None]
    on_grid, model = cube.on_grid(0, LINES)
    for share in (0.3, 0.6):
        found = implants.outcomes(absorption, place, share)
        assert {MISSED, GUESSED, IDENTIFIED} & set(found.tolist())
        for window, outcome in list(zip(windows, found))[::17]:
            line, sample = where_is(window, views.plain.spectra if not grounds else views.ratioed.spectra)
            planted = np.zeros((LINES, SAMPLES), bool)
            rows = slice(line - 2, line + 3), slice(sample - 2, sample + 3)
            covered = window.inside[clip(rows[0], LINES, line), clip(rows[1], SAMPLES, sample)]
            planted[max(line - 2, 0) : line + 3, max(sample - 2, 0) : sample + 3] = covered
            image, modelled = on_grid.copy(), None if model is None else model.copy()
            image[planted] = at_share(image[planted], absorption, share)
            if modelled is not None:
                modelled[planted] = at_share(modelled[planted], absorption, share)
            whole = mapper(ratio_on(image, modelled, *grounds, levelled=views.levelled), slice(0, LINES))
            at = line * SAMPLES + sample
            expected = MISSED if whole.level[at] == NOTHING else (GUESSED, IDENTIFIED)[int(whole.level[at]) - 1]
            assert whole.level[at] == NOTHING or whole.mineral[at] == place
            assert outcome == expected


def clip(rows: slice, end: int, middle: int) -> slice:
    """The part of a window of five around a middle that lies within an image."""
    return slice(max(0, 2 - middle), 5 - max(0, rows.stop - end))


def where_is(window, spectra: np.ndarray) -> tuple[int, int]:
    """Line and sample of the pixel in the middle of a window, told by its spectrum."""
    same = (np.abs(spectra - window.ratio[2, 2]) < 1e-5).all(-1)
    assert same.sum() == 1
    line, sample = np.argwhere(same)[0]
    return int(line), int(sample)


@pytest.mark.parametrize("looked_for", [["unlisted"], ["artefacts"], ["unlisted", "artefacts"]])
def test_a_map_that_shows_what_is_no_mineral_is_asked_as_it_was_made(
    looked_for: list[str], bland: np.ndarray, make_tif: Callable[..., Path], run_map, tmp_path: Path
):
    """A library without Mg-olivine guesses it as Fe-olivine, and the map says that this is no mineral: its pixels are bland."""
    library = load_exemplars()
    bland[4:18, 4:20] *= library.spectra[library.names.index("Mg-olivine (numerator)")].astype(np.float32)
    classes = [name for name in library.class_names if name != "Mg-olivine" and "mixture" not in name]
    options = {"classes": classes, "weights": None, **dict.fromkeys(looked_for, True)}
    mapped = run_map(make_tif(tmp_path / "scene.tif", bland), **options).classes
    opened = open_inspection(mapped)
    assert sorted(opened.looked_for) == sorted(looked_for)
    views = opened.region(slice(0, LINES), slice(0, SAMPLES), Progress())
    inner = slice(0, LINES)
    named = opened.mapper(views.mapped, inner)
    found = NoMinerals.of(opened.mapper, opened.looked_for).without(views.mapped, inner, named)
    codes = opened.pixels.classes.read(0, LINES)[0].ravel()
    there = (codes > 0) & (codes < 255) & ~np.isin(codes, opened.pixels.besides)
    np.testing.assert_array_equal(found.level > NOTHING, there)
    if "unlisted" in looked_for:
        assert ((named.level > NOTHING) & ~there).sum() > 50

    no_minerals = NoMinerals.of(opened.mapper, opened.looked_for)
    regions = Regions.of(opened.cube, tmp_path, Progress())
    windows = BlandPlaces(opened.cube, opened.mapper, opened.region, regions, no_minerals).choose([3], 40, 0, Progress())
    implants = Implants(windows, opened.mapper, no_minerals)
    assert implants.named_as_they_are() == 0
    if "unlisted" in looked_for:
        assert Implants(windows, opened.mapper).named_as_they_are() > 10
        place = classes.index("Fe-olivine")
        absorption = own_absorption(opened.mapper.matcher.library, place)
        with_it, without = (each.outcomes(absorption, place, 0.05) for each in (implants, Implants(windows, opened.mapper)))
        assert (with_it != MISSED).sum() < (without != MISSED).sum()


def test_more_of_a_mineral_is_found_more_often(mineral_map: Path, tmp_path: Path):
    opened = open_inspection(mineral_map)
    library = opened.mapper.matcher.library
    regions = Regions.of(opened.cube, tmp_path, Progress())
    windows = BlandPlaces(opened.cube, opened.mapper, opened.region, regions).choose([3], 10, 0, Progress())
    implants = Implants(windows, opened.mapper)
    place = library.class_names.index("gypsum")
    found = [(implants.outcomes(own_absorption(library, place), place, share) != MISSED).mean() for share in (0, 0.05, 0.2, 1)]
    assert found[0] == 0
    assert found[-1] == 1
    assert sorted(found) == found


def test_bland_pixels_are_asked_and_each_of_a_patch_as_often(
    bland: np.ndarray, pixel_of, make_tif: Callable[..., Path], run_map, tmp_path: Path
):
    bland[10:20, 10:20] = pixel_of("gypsum")
    opened = open_inspection(run_map(make_tif(tmp_path / "scene.tif", bland)).classes)
    regions = Regions.of(opened.cube, tmp_path, Progress())
    windows = BlandPlaces(opened.cube, opened.mapper, opened.region, regions).choose([3], 25, 0, Progress())
    spectra = opened.region(slice(0, LINES), slice(0, SAMPLES), Progress()).plain.spectra
    asked, beside = set(), 0
    for window in windows:
        line, sample = where_is(window, spectra)
        rows, columns = np.nonzero(window.inside)
        asked.add((2 - rows.min(), 2 - columns.min()))
        lines, samples = rows + line - 2, columns + sample - 2
        assert rows.size == 9
        assert min(lines.min(), samples.min()) >= 0
        assert lines.max() < LINES
        assert samples.max() < SAMPLES
        assert not (10 <= line < 20 and 10 <= sample < 20)
        assert (line, sample) != (5, 5)
        beside += bool(((lines > 9) & (lines < 20) & (samples > 9) & (samples < 20)).any())
    assert asked == {(line, sample) for line in range(3) for sample in range(3)}
    assert beside
    assert len({(line.start, line.stop) for line in choose_lines(regions.labels)}) == 5


@pytest.fixture(scope="module")
def competing() -> ScaleMapper:
    return mapper_for(MapOptions(classes=CLASSES, reliability=True, engine="numpy"))


@pytest.mark.parametrize(("seed", "ratio"), [(0, "off"), (1, "off"), (2, "column")])
def test_implants_at_share_0_are_never_found_more_often_than_decoys(
    ratio: str, seed: int, competing: ScaleMapper, make_tif: Callable[..., Path], run_map, tmp_path: Path
):
    """On ground that varies, noisy, with a mineral and with something that is like no mineral."""
    rng = np.random.default_rng(seed)
    image = 0.2 * load_background().plain.draw(LINES * SAMPLES, rng).reshape(LINES, SAMPLES, -1)
    image[:, :12] *= competing.matcher.library.spectra[competing.matcher.library.names.index("kaolinite (ratio)")]
    image[:, 12:20] *= competing.decoys.spectra[rng.integers(len(competing.decoys.spectra))]
    image *= 1 + 0.01 * rng.standard_normal(image.shape)
    mapped = run_map(make_tif(tmp_path / "scene.tif", image.astype(np.float32)), ratio=ratio, weights=None)
    opened = open_inspection(mapped.classes)
    library = opened.mapper.matcher.library
    regions = Regions.of(opened.cube, tmp_path, Progress())
    windows = BlandPlaces(opened.cube, opened.mapper, opened.region, regions).choose([1, 3], 28, seed, Progress())
    implants = Implants(windows, opened.mapper)
    found = [implants.outcomes(own_absorption(library, place), place, 0.0) for place in range(len(library.classes))]
    at_0 = max(np.isin(each, (GUESSED, IDENTIFIED)).sum() for each in found)

    width, absorption = opened.mapper.halo * 2 + 1, np.zeros(image.shape[-1])
    scores = replace(competing, matcher=CompetingMatcher(competing.matcher, competing.decoys)).scores(
        implanted(windows, absorption, 0.0), 1, slice(width // 2, width // 2 + 1), slice(width // 2, None, width)
    )
    decoys = (np.nan_to_num(scores[:, len(library.names) :]) > competing.thresholds.guess.min()).sum(0)
    whole = opened.mapper(opened.region(slice(0, LINES), slice(0, SAMPLES), Progress()).mapped, slice(0, LINES))
    assert (whole.level > NOTHING).sum() > LINES  # it has pixels that would be found, had they been chosen
    assert decoys.max() > 0
    assert at_0 <= decoys.mean()
