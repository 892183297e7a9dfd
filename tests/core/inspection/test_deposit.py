"""A deposit is told by the mean spectrum that its layer keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.inspection import DepositInspector, are_deposits, evidence_table, open_deposits
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM


@pytest.fixture(scope="module")
def deposits() -> DepositInspector:
    return open_deposits()


@pytest.fixture
def fields(pixel_of: Callable[..., np.ndarray]) -> dict[str, Any]:
    mean = pixel_of("kaolinite", 0.3)
    told = {"wavelengths_nm": WAVELENGTHS_NM.tolist(), "mean": mean.tolist(), "std": (0.01 * mean).tolist(), "pixels": 57}
    about = {"class": "kaolinite", "code": 115, "level": "guess", "pixels": 60, "scene": "FRT0000ABCD", "lon": 77.3, "lat": 18.4}
    return {**about, "spectrum": json.dumps(told)}


def test_a_deposit_is_its_mean_spectrum_with_its_spread(deposits: DepositInspector, fields: dict[str, Any]) -> None:
    told, spectrum = deposits.evidence(fields), json.loads(fields["spectrum"])
    usable = np.isfinite(told.iof.values)
    np.testing.assert_allclose(told.iof.values[usable], np.array(spectrum["mean"])[usable])
    assert 0.9 < usable.mean() < 1  # the filter boundary is a gap
    np.testing.assert_allclose(told.spread, spectrum["std"])
    assert told.best[0].name == "kaolinite"
    assert told.deciding.mineral == "kaolinite"
    assert told.map_code == 115
    place = told.place
    assert (place.scene, place.line, place.sample, place.pixels) == ("FRT0000ABCD", None, None, 57)
    assert (place.longitude, place.latitude) == (77.3, 18.4)
    np.testing.assert_allclose((told.iof.values / told.continuum)[usable], told.deciding.spectrum[usable], rtol=1e-5)
    assert "S1,FRT0000ABCD,,,77.300000" in evidence_table([("S1", told)])


def test_missing_values_are_bridged(deposits: DepositInspector, fields: dict[str, Any]) -> None:
    told = json.loads(fields["spectrum"])
    told["mean"][100:103] = told["std"][100:103] = [None] * 3
    found = deposits.evidence({**fields, "spectrum": json.dumps(told)})
    assert np.isnan(found.iof.values[100:103]).all()
    assert found.best[0].name == "kaolinite"


@pytest.mark.parametrize(
    "spectrum", ["", "[", "[]", '{"mean": [1]}', '{"wavelengths_nm": [2, 1], "mean": [1, 1], "std": [0, 0], "pixels": 2}']
)
def test_what_is_no_spectrum_is_refused(deposits: DepositInspector, fields: dict[str, Any], spectrum: str) -> None:
    with pytest.raises(InputError, match=r"deposit of kaolinite.*make the deposits again"):
        deposits.evidence({**fields, "spectrum": spectrum})


def test_a_layer_of_deposits_is_known_by_its_fields() -> None:
    from crism_gan_plugin.core.deposits.rows import FIELDS

    assert are_deposits(["fid", *FIELDS])
    assert not are_deposits(["fid", "name", "class"])


def test_a_deposit_of_what_is_no_mineral_is_called_so(deposits: DepositInspector, fields: dict[str, Any]) -> None:
    about = {**fields, "class": "unlisted absorption", "code": 98, "level": "nothing"}
    assert deposits.evidence(about).title == "unlisted absorption"
    own_class = {**fields, "class": "my clay", "code": 98}
    assert deposits.evidence(own_class).title != "unlisted absorption"
