"""Archives of arrays: what NumPy writes comes back, and nothing else gets in."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.files.npz import read_npz

LARGEST = 1 << 20


def read(path: Path) -> dict[str, np.ndarray]:
    return read_npz(path, LARGEST, "get it again")


def npy(array: np.ndarray) -> bytes:
    data = io.BytesIO()
    np.save(data, array)
    return data.getvalue()


def archive(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return path


ARRAYS = {
    "cube": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "fortran": np.asfortranarray(np.arange(6, dtype=np.float64).reshape(2, 3)),
    "big": np.arange(5, dtype=">i2"),
    "bytes": np.frombuffer(b"text", np.uint8),
    "flags": np.array([True, False]),
    "scalar": np.array(3.5),
    "none": np.zeros((0, 3), np.float32),
    "gaps": np.array([np.nan, np.inf], np.float32),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_come_back(tmp_path: Path, save: object) -> None:
    save(tmp_path / "x.npz", **ARRAYS)
    found = read(tmp_path / "x.npz")
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].shape == array.shape
        assert found[name].dtype == array.dtype.newbyteorder("=")
        assert found[name].flags.c_contiguous


def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", **{f"a{k}": np.zeros(30 << 17) for k in range(4)})  # 120 MB in 120 kB
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="would take more than 1 MB of memory"):
            read(tmp_path / "x.npz")
        assert tracemalloc.get_traced_memory()[1] < LARGEST
    finally:
        tracemalloc.stop()


def test_a_bomb_that_lies_about_its_size_is_cut_off(tmp_path: Path) -> None:
    small, large = npy(np.zeros(1000)), npy(np.zeros(30 << 17))
    path = archive(tmp_path / "x.npz", {"a.npy": large}, zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    path.write_bytes(data.replace(len(large).to_bytes(4, "little"), len(small).to_bytes(4, "little")))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"x\.npz: .*; get it again"):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 4 * LARGEST
    finally:
        tracemalloc.stop()


def test_a_long_list_of_members_is_not_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.npz", {f"{k}.npy": b"" for k in range(8000)})
    with pytest.raises(InputError, match="list of its members is too long"):
        read(path)


def test_a_single_array_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(npy(np.zeros(3)))
    with pytest.raises(InputError, match=r"single array \(\.npy\), not an \.npz"):
        read(tmp_path / "x.npz")


def test_encryption_is_told(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.npz", {"a.npy": npy(np.zeros(3))})
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flags of the member
    data[data.rfind(b"PK\1\2") + 8] |= 1  # and those in the list
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"'a\.npy' is encrypted"):
        read(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 99])
def test_other_compressions_are_told(tmp_path: Path, method: int) -> None:
    if method == 99:
        path = archive(tmp_path / "x.npz", {"a.npy": npy(np.zeros(3))})
        data = bytearray(path.read_bytes())
        data[8], data[data.rfind(b"PK\1\2") + 10] = method, method
        path.write_bytes(data)
    else:
        path = archive(tmp_path / "x.npz", {"a.npy": npy(np.zeros(3))}, method)
    with pytest.raises(InputError, match="compressed by a method that NumPy does not use"):
        read(path)


def test_names_that_repeat_are_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as opened:
        opened.writestr("a.npy", npy(np.zeros(3)))
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("a.npy", npy(np.ones(3)))
    with pytest.raises(InputError, match="two arrays of one name"):
        read(tmp_path / "x.npz")


def test_objects_are_never_unpacked(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.array([{"b": 1}], object))
    with pytest.raises(InputError, match=r"'a\.npy' is not an array of numbers"):
        read(tmp_path / "x.npz")


MEMBERS = {
    "text": {"a.npy": b"not an array"},
    "short": {"a.npy": npy(np.zeros(30))[:-1]},
    "long": {"a.npy": npy(np.zeros(30)) + b"1"},
    "no header": {"a.npy": npy(np.zeros(30))[:40]},
    "strings": {"a.npy": npy(np.array(["a"]))},
    "records": {"a.npy": npy(np.zeros(2, [("a", "f4")]))},
    "another shape": {"a.npy": npy(np.zeros(30)).replace(b"(30,)", b"(31,)")},
    "a huge shape": {"a.npy": npy(np.zeros(30)).replace(b"(30,), }" + b" " * 10, b"(30" + b"0" * 10 + b",), }")},
    "code": {"a.npy": npy(np.zeros(30)).replace(b"(30,)", b"f(1) ")},
    "a file": {"readme.txt": b"x"},
    "a folder": {"a/": b""},
    "version 9": {"a.npy": npy(np.zeros(30)).replace(b"NUMPY\1", b"NUMPY\x09")},
}


@pytest.mark.parametrize("what", list(MEMBERS))
def test_what_is_no_array_is_told(tmp_path: Path, what: str) -> None:
    path = archive(tmp_path / "x.npz", MEMBERS[what])
    with pytest.raises(InputError, match=r"x\.npz: .*(not an array of numbers|another shape|which is no array).*; get it again"):
        read(path)


@pytest.mark.parametrize("end", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_what_is_cut_short_is_told(tmp_path: Path, end: float) -> None:
    np.savez(tmp_path / "x.npz", **ARRAYS)
    data = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(data[: int(end * len(data))])
    with pytest.raises(InputError, match=r"x\.npz: .*; get it again"):
        read(tmp_path / "x.npz")
