"""Which files are found, and which are opened."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.files.names import is_regular
from crism_gan_plugin.core.files.reading import beside, check_file, find_file, read_json, read_whole, real_path


def brief(value: object) -> str:
    """The beginning of a value, for the name of a test."""
    return repr(value)[:20]


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.img")
    return tmp_path / "pipe.img"


def test_names_are_found_whatever_their_case(tmp_path: Path) -> None:
    (tmp_path / "frt.IMG").write_bytes(b"1")
    assert find_file("FRT.img", [tmp_path / "missing", tmp_path]) == tmp_path / "frt.IMG"
    assert beside(tmp_path / "x.lbl", "Frt.Img") == tmp_path / "frt.IMG"
    assert find_file("other.img", [tmp_path]) is None


@pytest.mark.parametrize(
    "name",
    ["../secret.img", "../inner/../secret.img", "", ".", "..", "down/x.img", "down/", "x\0.img", "x" * 5000, "\ud800"],
    ids=brief,
)
def test_names_that_lead_elsewhere_are_never_found(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inner"
    (folder / "down").mkdir(parents=True)
    for file in (tmp_path / "secret.img", folder / "down" / "x.img"):
        file.write_bytes(b"1")
    assert find_file(name, [folder]) is None


def test_absolute_names_are_never_found(tmp_path: Path) -> None:
    (tmp_path / "secret.img").write_bytes(b"1")
    assert find_file(str(tmp_path / "secret.img"), [tmp_path]) is None


def test_pipes_devices_folders_and_sockets_are_no_files(tmp_path: Path, pipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name must be short
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind("socket.img")
        for path in (pipe, Path("/dev/zero"), tmp_path, Path("socket.img")):
            assert not is_regular(path)
            with pytest.raises(InputError, match="not a file; give the file itself"):
                check_file(path)
            with pytest.raises(InputError, match="not a file"):
                read_whole(path)
    assert beside(tmp_path / "x", pipe.name) is None


def test_links_lead_to_files(tmp_path: Path) -> None:
    (tmp_path / "real.img").write_bytes(b"12")
    (tmp_path / "link.img").symlink_to("real.img")
    (tmp_path / "loop.img").symlink_to("loop.img")
    assert read_whole(tmp_path / "link.img") == b"12"
    with pytest.raises(InputError, match=r"loop\.img: cannot be read"):
        check_file(tmp_path / "loop.img")


@pytest.mark.parametrize("name", ["missing.img", "a\0b", "real.img/x", "x" * 5000], ids=brief)
def test_what_is_not_there_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "real.img").write_bytes(b"1")
    with pytest.raises(InputError, match=r"no such file; check the path|cannot be read \(.*\); check the path"):
        check_file(tmp_path / name)


def test_files_that_are_too_long_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "x.lbl"
    file.touch()
    os.truncate(file, 1 << 40)
    with pytest.raises(InputError, match="has more than 16 MB"):
        read_whole(file)
    file.write_bytes(b"12345")
    assert read_whole(file, largest=5) == b"12345"
    with pytest.raises(InputError, match="has more than"):
        read_whole(file, largest=4)


def test_json_with_and_without_a_mark_of_byte_order(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    for mark in (b"", b"\xef\xbb\xbf"):
        file.write_bytes(mark + '{"µ": [1, 2.5]}'.encode())
        assert read_json(file, "get it again") == {"µ": [1, 2.5]}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a": \xff}', "can't decode"),
        ('{"a": 1}'.encode("utf-16"), "can't decode"),
        (b"[" + b"9" * 100_000 + b"]", "a number of 100000 digits"),
        (b'{"a": [{"b": 1, "c": 2, "b": 3}]}', "'b' is there twice in one object"),
        (b"{", "Expecting"),
        (b"\0\0\0", "Expecting"),
    ],
    ids=brief,
)
def test_what_is_not_json_is_said_in_one_line(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "x.json").write_bytes(data)
    with pytest.raises(InputError, match=rf"x\.json: is not JSON .*{reason}.*; get it again$"):
        read_json(tmp_path / "x.json", "get it again")


def test_names_that_are_not_utf8_are_refused_by_a_printable_name(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.tif")
    try:
        (tmp_path / name).write_text("x")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    with pytest.raises(InputError, match="not UTF-8") as raised:
        check_file(tmp_path / name)
    assert str(raised.value).startswith(str(tmp_path / "caf\\udce9.tif"))

    (tmp_path / "link.tif").symlink_to("real.tif")
    (tmp_path / "loop.tif").symlink_to("loop.tif")
    real = tmp_path.resolve() / "real.tif"
    assert real_path(tmp_path / "link.tif") == real_path(tmp_path / "." / "x" / ".." / "real.tif") == real
    assert real_path(tmp_path / "loop.tif").name == "loop.tif"
    assert real_path(Path("a\0b")).name == "a\0b"
