from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.mapping.doubtful import DoubtingMatcher, bridged, doubting
from crism_gan_plugin.core.mapping.levels import GUESS, IDENTIFICATION, detect, make_thresholds
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.products.scene import DOUBTFUL_KEY, open_scene
from crism_gan_plugin.core.simulation.envi_cube import EnviCube
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

RANGE_NM = (1925.0, 2125.0)


@pytest.fixture(scope="module")
def mapper():
    return mapper_for(MapOptions(engine="numpy"))


def test_a_straight_line_lies_over_the_channels_and_the_others_are_as_they_were():
    line = 0.9 + 1e-4 * (WAVELENGTHS_NM - 1800)
    low, high = RANGE_NM
    inside = (low < WAVELENGTHS_NM) & (high > WAVELENGTHS_NM)
    spectra = np.stack([np.where(inside, 0.2, line), np.where(inside, line - 0.1, line)])
    found = bridged(spectra, RANGE_NM)
    assert found == pytest.approx(np.stack([line, line]), abs=2e-3)
    np.testing.assert_array_equal(found[:, ~inside], spectra[:, ~inside])
    at_the_end = bridged(spectra, (2590.0, 2700.0))
    assert np.isfinite(at_the_end).all() and (at_the_end[:, -1] == at_the_end[:, -2]).all()
    np.testing.assert_array_equal(bridged(spectra, (100.0, 200.0)), spectra)


def test_what_these_channels_alone_tell_is_a_guess_and_the_rest_stays(mapper):
    library = mapper.matcher.library
    residual = 1 - 0.03 * np.exp(-0.5 * ((WAVELENGTHS_NM - 2035) / 35) ** 2)
    kaolinite = library.spectra[library.names.index("kaolinite (ratio)")]
    spectra = np.stack([residual, kaolinite]).astype(np.float32)
    plain = mapper.matcher(spectra)
    assert plain[0].max() > 0.3
    limit = float(plain[0].max()) - 0.01  # so that the residual alone is identified
    thresholds = make_thresholds(library, limit, limit - 0.02, 0.0, {c.name: (limit - 0.02, limit) for c in library.classes})
    found = detect(plain, library, thresholds, 1)
    assert found.level.tolist() == [IDENTIFICATION, IDENTIFICATION]
    careful = DoubtingMatcher(mapper.matcher, thresholds, RANGE_NM)
    found = detect(careful(spectra), library, thresholds, 1)
    assert found.level.tolist() == [GUESS, IDENTIFICATION]
    np.testing.assert_array_equal(careful(spectra[1:]), mapper.matcher(spectra[1:]))


def test_without_such_channels_the_mapper_is_the_same(mapper):
    assert doubting(mapper, None) is mapper
    assert doubting(mapper, RANGE_NM).matcher.library is mapper.matcher.library


@pytest.mark.parametrize("said", ["many", "2125 1925", "1925", "nan inf", "-1 2000"])
def test_damaged_metadata_are_told(tmp_path, said):
    from osgeo import gdal

    with EnviCube(tmp_path / "a.img", 4, 4, WAVELENGTHS_NM) as cube:
        cube.write(np.full((4, 4, WAVELENGTHS_NM.size), 0.2))
    translated = gdal.Translate(str(tmp_path / "a.tif"), str(tmp_path / "a.img"))
    translated.SetMetadataItem(DOUBTFUL_KEY, said)
    translated = None
    with open_scene(tmp_path / "a.tif") as scene, pytest.raises(InputError, match=r"a\.tif.*CRISM_DOUBTFUL_NM.*denoise"):
        scene.doubtful_nm()
