"""The recommended scan of an observation."""

from __future__ import annotations

from pathlib import Path

import pytest

from crism_gan_plugin.core.atmosphere.recommended import recommended_scan
from crism_gan_plugin.core.errors import InputError, ParameterError

TABLE = """ 000027B2 FRT   2/0843844475   -52.861  2006-09-27T17:14:16.329 0A93E 1b815
 000027E2 HRL  12/0844010158   -54.872  2006-09-29T15:15:40.165 00000 00000
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "crism_obs_info.txt"
    path.write_text(TABLE, encoding="ascii")
    return path


@pytest.mark.parametrize("observation", ["000027B2", "27b2", "000027b2"])
def test_the_scan_of_an_observation(table: Path, observation: str) -> None:
    assert recommended_scan(observation, table) == "0A93E"
    assert recommended_scan(observation, table, "pelkey") == "1B815"


@pytest.mark.parametrize("observation", ["000027E2", "0000ABCD"])
def test_none_is_known(table: Path, observation: str) -> None:
    assert recommended_scan(observation, table) is None


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wrong.txt"
    path.write_text("wavelength, I/F\n1.0, 0.2\n", encoding="ascii")
    with pytest.raises(InputError, match="is not a table of recommended volcano scans"):
        recommended_scan("27B2", path)
    with pytest.raises(InputError, match="no such file"):
        recommended_scan("27B2", tmp_path / "missing.txt")
    with pytest.raises(ParameterError, match="'other' is unknown"):
        recommended_scan("27B2", path, "other")


def test_the_real_table(shared_data: Path) -> None:
    table = shared_data / "crism" / "adr" / "crism_obs_info_resize.txt"
    assert recommended_scan("0001458F", table) == "1B815"
    assert (recommended_scan("00014954", table), recommended_scan("00014954", table, "pelkey")) == ("11739", "103D6")
    assert recommended_scan("0002235B", table) is None
