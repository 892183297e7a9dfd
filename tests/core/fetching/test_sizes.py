"""Sizes of files, as real labels tell them."""

from __future__ import annotations

from pathlib import Path

import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.fetching.answers import ArchiveFile
from crism_gan_plugin.core.fetching.sizes import check_size, sizes_of_label


def test_real_labels_tell_the_sizes_of_their_files(shared_data: Path) -> None:
    checked = 0
    for label in sorted((shared_data / "crism").rglob("*")):
        if label.suffix.lower() != ".lbl":
            continue
        there = {path.name.lower(): path.stat().st_size for path in label.parent.iterdir()}
        for name, size in sizes_of_label(label).items():
            if name in there and name.endswith(".img") and name.removesuffix(".img") == label.stem.lower():
                assert there[name] == size, label
                checked += 1
    assert checked >= 10


@pytest.mark.parametrize(
    ("size", "kilobytes", "right"),
    [
        (5000, 5.0, True),
        (5120, 5.0, True),
        (6300, 5.0, False),
        (3900, 5.0, False),
        (7, None, True),
        (510_000_000, 510_000.0, True),
        (510_000_000, 498_047.0, True),
    ],
)
def test_kilobytes_are_of_either_kind(size: int, kilobytes: float, right: bool) -> None:
    file = ArchiveFile("x.img", "http://x/x.img", kilobytes)
    if right:
        check_size(Path("x.img"), size, file, None)
        return
    with pytest.raises(InputError, match=f"has {size} bytes, but the archive tells of 5 kilobytes"):
        check_size(Path("x.img"), size, file, None)
