"""The benchmark on labelled ground: spectra are prepared as it says, nothing is learnt from what judges, figures are as known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from exemplar_choice import is_variant, only_rows
from labelled_ground import (
    FINE_NM,
    LEAST_BLAND,
    RIGHT,
    VIEWS,
    Bland,
    Ground,
    leave_one_out_ratio,
    make_ground,
    on_fine_axis,
    tile_folds,
)
from real_ground import Judged, Score, bootstrapped, cross_fitted, evidence_for, ground_cosine, whitened_cosine

from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

TILES = np.repeat(["T1", "T2", "T3", "T4", "T5", "T6"], LEAST_BLAND + 2)


@pytest.fixture(scope="module")
def library() -> ExemplarLibrary:
    return load_exemplars().defaults()


@pytest.fixture(scope="module")
def ground() -> Ground:
    """Six tiles of slopes, each with one spectrum that is labelled."""
    labels = np.where(np.diff(np.searchsorted(np.unique(TILES), TILES), prepend=-1) > 0, "lcp", "bland")
    slope = np.random.default_rng(0).normal(0.1, 0.02, (len(TILES), 1))
    fine = 0.2 + slope * (FINE_NM - 1800) / 800 - 0.05 * ((FINE_NM - 1800) / 800) ** 2
    return make_ground(TILES, labels, fine, np.full(fine.shape, np.nan))


def test_other_detectors_and_missing_channels_are_bridged() -> None:
    wavelengths = np.array([984.0, 1021.0, 1023.27, 1047.2, 1055.99, 1079.96, 1500.0, 2000.0, 2700.0])
    values = np.array([9.0, 1.021, 9.0, 1.0472, 9.0, np.nan, 0.0, 2.0, 2.7])
    np.testing.assert_allclose(on_fine_axis(wavelengths, values), FINE_NM / 1000)
    assert np.isnan(on_fine_axis(wavelengths, np.full(9, np.nan))).all()


def test_a_ratio_is_to_the_other_bland_spectra_of_the_tile() -> None:
    """Shapes (1, 1 + k), each at a brightness of its own: the median shape is that of the middle one."""
    tiles = np.array(["a"] * 7 + ["b"] * 6)
    bland = np.array([False] + [True] * 12)
    shapes = np.array([[1, 3 + k] for k in (0, -2, -1, 0, 1, 2, 5, *[0] * 6)], float)
    shapes /= shapes.mean(1, keepdims=True)
    ratio = leave_one_out_ratio(shapes * np.arange(1, 14)[:, np.newaxis], tiles, bland)
    middle = (shapes[3] + shapes[4]) / 2
    np.testing.assert_allclose(ratio[0], shapes[0] / middle)  # six others: an even number
    np.testing.assert_allclose(ratio[1], 2 * shapes[1] / shapes[4])
    np.testing.assert_allclose(ratio[6], 7 * shapes[6] / shapes[3])
    np.testing.assert_allclose(ratio[7:], np.arange(8, 14)[:, np.newaxis] * np.ones(2))
    assert np.isnan(leave_one_out_ratio(shapes[:6], tiles[:6], bland[:6])[1:]).all()


def test_all_spectra_of_a_tile_are_in_one_fold() -> None:
    folds = tile_folds(TILES)
    assert [len(set(folds[tile == TILES])) for tile in np.unique(TILES)] == [1] * 6
    assert set(folds) == set(range(5))


def test_a_method_learns_from_bland_ground_of_other_tiles_alone(ground: Ground, library: ExemplarLibrary) -> None:
    seen: list[Bland] = []

    def method(bland: Bland, library: ExemplarLibrary) -> Score:
        seen.append(bland)
        fold = len(seen) - 1
        return lambda view, spectra: np.full((len(spectra), len(library.names)), fold)

    scores = cross_fitted(method, ground, library)
    folds = tile_folds(ground.tiles)
    for view in VIEWS:
        np.testing.assert_array_equal(scores[view][:, 0], np.where(ground.known(view), folds, np.nan))
        for fold, bland in enumerate(seen):
            rows = (folds != fold) & (ground.labels == "bland") & ground.known(view)
            np.testing.assert_array_equal(bland.continuum_removed[view], ground.continuum_removed[view][rows])
            np.testing.assert_array_equal(bland.spectra[view], ground.spectra[view][rows])


def test_a_wrong_best_class_is_no_evidence(library: ExemplarLibrary) -> None:
    names = np.array(library.class_names)[library.class_index]
    scores = np.full((3, len(names)), 0.1)
    scores[0, names == "low-Ca pyroxene"] = 0.8
    scores[1, names == "low-Ca pyroxene"], scores[1, names == "talc"] = 0.8, 0.9
    scores[2] = np.nan
    evidence = evidence_for(scores, library)
    np.testing.assert_array_equal(evidence[list(RIGHT).index("lcp")], [0.8, 0, np.nan])
    np.testing.assert_array_equal(evidence[list(RIGHT).index("hcp + olivine")], [0, 0, np.nan])


def judged() -> Judged:
    """Bland evidence 0 … 1 in each of two tiles; of the first label half is above 0.995, of the second a quarter, in one tile."""
    bland = np.linspace(0, 1, 101)
    evidence = np.concatenate([bland, bland, [0.999, 0.9], [0.999, 0.9, 0.9, 0.9]])
    labels = ["bland"] * 202 + ["lcp"] * 2 + ["type 1 olivine"] * 4
    tiles = ["a"] * 101 + ["b"] * 101 + ["a", "b"] + ["a"] * 4
    return Judged(np.tile(evidence, (len(RIGHT), 1)), np.array(tiles), np.array(labels))


def test_recall_is_of_what_exceeds_all_but_one_per_cent_of_bland() -> None:
    np.testing.assert_array_equal(judged().recalls(), [0.5, 0.25, np.nan, np.nan, 0.375])
    assert judged().recalls(0.2)[0] == 1


def test_bootstraps_draw_whole_tiles() -> None:
    recalls = bootstrapped(judged(), np.array(["a", "b"]))
    np.testing.assert_array_equal(recalls[0], judged().recalls())
    assert set(recalls[1:, 0]) == {0.0, 0.5, 1.0}  # b twice, both, a twice
    twice_a = judged().drawn(["a", "a"])
    assert len(twice_a.labels) == 2 * (101 + 1 + 4)
    np.testing.assert_array_equal(twice_a.recalls()[:2], [1, 0.25])


def test_whitening_sees_past_what_ground_is_like(library: ExemplarLibrary) -> None:
    """Ground that varies as talc's and epidote's bands do, far more than a faint kaolinite shows."""
    rng = np.random.default_rng(0)
    rows = [library.names.index(name) for name in library.names if name.startswith(("talc", "epidote"))]
    likeness = library.spectra[rows] - 1
    bland = 0.95 + rng.normal(0, 1, (400, len(rows))) @ likeness + rng.normal(0, 1e-4, (400, WAVELENGTHS_NM.size))
    kaolinite = next(row for row, name in enumerate(library.names) if name.startswith("kaolinite"))
    pixel = 0.95 + 2 * likeness.sum(0) + 0.3 * (library.spectra[kaolinite] - 1)
    score = whitened_cosine(Bland({}, {"plain": bland, "ratio": bland}), library)("plain", pixel[np.newaxis])[0]
    assert score.argmax() == kaolinite
    unwhitened = (1 - pixel) @ (1 - library.spectra).T / np.linalg.norm(1 - library.spectra, axis=1)
    assert unwhitened.argmax() in rows


def test_a_spectrum_is_mapped_by_name(library: ExemplarLibrary) -> None:
    from ground_maps import map_spectra

    kaolinite = next(row for row, name in enumerate(library.names) if name.startswith("kaolinite"))
    missing = np.full(WAVELENGTHS_NM.size, np.nan)
    spectra = np.array([0.2 * library.spectra[kaolinite], missing, np.full(WAVELENGTHS_NM.size, 0.2)])
    assert list(map_spectra(spectra, WAVELENGTHS_NM, {})) == ["kaolinite", "", ""]


def of_then(library: ExemplarLibrary) -> ExemplarLibrary:
    """The type spectra of the classes that were on by default when the figures were worked out."""
    classes = library.select(name for name in library.class_names if name not in ("Ca/Fe-carbonate", "chlorite", "H2O ice"))
    return only_rows(classes, ~is_variant(classes))


def test_the_figures_of_the_real_ground(benchmark_data: Path, library: ExemplarLibrary) -> None:
    """Recalls that were worked out elsewhere, from the protocol's words alone."""
    from labelled_ground import read_ground

    path = benchmark_data / "crism" / "mrdr_labels" / "argyre_labelled_mrdr_spectra.csv"
    if not path.is_file():
        pytest.skip(f"no labelled ground in {path}")
    real = read_ground(path)
    counts = {label: int((real.known("ratio") & (real.labels == label)).sum()) for label in (*RIGHT, "bland")}
    assert counts == {"lcp": 247, "type 1 olivine": 106, "type 2 olivine": 146, "hcp + olivine": 181, "bland": 855}
    library = of_then(library)
    white, ground_white = (cross_fitted(method, real, library) for method in (whitened_cosine, ground_cosine))
    expected = {"plain": [0.37, 0.71, 0.76, 0.87, 0.679], "ratio": [0.71, 0.73, 0.74, 0.77, 0.737]}
    for view in VIEWS:
        recalls = Judged.of(real, view, white[view], library).recalls()
        np.testing.assert_allclose(recalls, expected[view], atol=0.005)
        assert Judged.of(real, view, ground_white[view], library).recalls()[-1] > recalls[-1] + 0.02
