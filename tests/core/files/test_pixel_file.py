from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.files.pixel_file import PixelFile


@given(st.permutations(range(12)), st.integers(0, 12))
def test_pixels_in_any_order_are_those_that_were_written(tmp_path_factory, order: list[int], count: int) -> None:
    file = PixelFile(tmp_path_factory.mktemp("x") / "a.f4", 12, 3, np.float32)
    file.reserve()
    some, values = np.array(order[:count], int), np.arange(3 * count, dtype=np.float32).reshape(count, 3)
    file.write(some, values)
    expected = np.zeros((12, 3), np.float32)
    expected[some] = values
    np.testing.assert_array_equal(file.read(np.arange(12)), expected)
    np.testing.assert_array_equal(file.read(some[::-1]), values[::-1])
    assert file.is_whole() and file.path.stat().st_size == file.size == 144


def taken(path: Path) -> int:
    """Bytes of the disk."""
    return path.stat().st_blocks * 512


@pytest.fixture
def honest_disk(tmp_path: Path) -> None:
    (tmp_path / "zeros").write_bytes(bytes(2_800_000))
    if taken(tmp_path / "zeros") < 2_800_000:
        pytest.skip("the file system here compresses zeros away")


def test_one_number_for_all(tmp_path: Path) -> None:
    file = PixelFile(tmp_path / "a.f4", 5, 2, np.float32)
    file.reserve()
    file.write(np.array([1, 2, 4]), np.float32(np.nan))
    assert np.isnan(file.read(np.arange(5))).all(1).tolist() == [False, True, True, False, True]


@pytest.mark.parametrize("how", ["not here", "not by this file system"])
@pytest.mark.usefixtures("honest_disk")
def test_room_is_reserved_without_the_systems_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    if how == "not here":
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    else:
        monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    file = PixelFile(tmp_path / "a.f4", 700_000, 1, np.float32)
    file.reserve()
    assert taken(file.path) >= file.size == 2_800_000
    assert not file.read(np.arange(file.pixels)).any()


@pytest.mark.usefixtures("honest_disk")
def test_room_that_is_reserved_is_taken(tmp_path: Path) -> None:
    file = PixelFile(tmp_path / "a.f4", 700_000, 1, np.float32)
    file.reserve()
    assert taken(file.path) >= file.size


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: int) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    with pytest.raises(OSError, match="no") as caught:
        PixelFile(tmp_path / "a.f4", 7, 1, np.float32).reserve()
    assert caught.value.errno == number


def test_a_file_that_was_cut_is_an_error_not_a_crash(tmp_path: Path) -> None:
    file = PixelFile(tmp_path / "a.f4", 3000, 1, np.float32)
    file.reserve()
    os.truncate(file.path, 5000)
    assert not file.is_whole()
    with pytest.raises(OSError, match="too short"):
        file.read(np.arange(3000))
