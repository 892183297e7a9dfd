"""Images of a run, from lists and folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crism_gan_plugin.core.archive.listing import listed_images
from crism_gan_plugin.core.errors import CrismError
from crism_gan_plugin.core.progress import Progress


def test_a_list_names_images_and_folders_from_where_it_lies(tmp_path: Path, make_images: Callable) -> None:
    images = [*make_images(tmp_path / "near", 2), *make_images(tmp_path / "far", 1)]
    list_file = tmp_path / "near" / "all.txt"
    list_file.write_text(f"\ufeff# the best\r\nscene001.tif  # talc\n\n../far\n{images[0]}\nscene001.tif\n", encoding="utf-8")
    found = listed_images([list_file], tmp_path / "out", Progress())
    assert [each.path for each in found] == [images[1], images[2], images[0]]
    assert [each.scene for each in found] == ["scene001", "far_scene000", "near_scene000"]


@pytest.mark.parametrize(
    "content, said", [(b"# nothing\n", "names no image"), (b"", "empty"), (b"\xff\xfe\x00", "UTF-8"), (None, "no such file")]
)
def test_a_list_that_is_none_is_refused_in_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "list.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CrismError, match=said):
        listed_images([file], tmp_path / "out", Progress())


def test_ten_thousand_images_are_named_quickly_and_each_once(tmp_path: Path) -> None:
    paths = [tmp_path / f"folder{place % 100}" / f"image{place // 200}.tif" for place in range(10_000)]
    found = listed_images(list(paths), tmp_path / "out", Progress())
    assert len({each.scene.lower() for each in found}) == 5_000 == len(found)
