"""When an image was taken: by its label, by that of the image that it was made of, else between known ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.catalogue.acquisition import Acquisition, acquisition_of

PRODUCT = "FRT0000ABCD_07_IF164L_TRR3"


@pytest.fixture
def labelled(tmp_path: Path, trr3_product: Callable[..., Path]) -> Callable[..., Path]:
    """A function that gives an image whose label has these lines."""

    def write(*lines: str) -> Path:
        label = trr3_product(tmp_path, np.ones((3, 2, 2)))
        label.write_text(label.read_text().replace("OBJECT = FILE", "\n".join([*lines, "OBJECT = FILE"]), 1))
        return label.with_suffix(".img")

    return write


def of(path: Path, product: str = PRODUCT) -> Acquisition:
    return acquisition_of({"path": str(path)}, product, "2026-01-02T03:04:05+00:00")


def test_the_label_says_it(labelled: Callable[..., Path]) -> None:
    image = labelled("START_TIME = 2009-08-14T03:06:23.829", "STOP_TIME = 2009-08-14T03:06:27")
    wanted = Acquisition("2009-08-14T03:06:23.829Z", "2009-08-14T03:06:27.000Z", known=True)
    assert of(image) == of(image.with_suffix(".lbl")) == wanted


def test_days_of_the_year_are_dates(labelled: Callable[..., Path]) -> None:
    image = labelled('START_TIME = "2008-060T23:59:59Z"')
    assert of(image) == Acquisition("2008-02-29T23:59:59.000Z", "2008-02-29T23:59:59.000Z", known=True)


@pytest.mark.parametrize(
    "lines",
    [
        ["START_TIME = UNK", "STOP_TIME = UNK"],
        ["START_TIME = 2009-13-14T03:06:23"],
        ["START_TIME = 2009-08-14T25:06:23"],
        ["START_TIME = 2009-08-14T03:06:27", "STOP_TIME = 2009-08-14T03:06:23.829"],
        ["START_TIME = 2009"],
        [],
    ],
)
def test_a_product_without_a_time_was_taken_during_the_mission(labelled: Callable[..., Path], lines: list[str]) -> None:
    found = of(labelled(*lines))
    assert (found.start[:10], found.end[:10], found.known) == ("2006-03-10", "2023-04-04", False)


def test_other_images_are_older_than_their_maps(tmp_path: Path) -> None:
    found = of(tmp_path / "none.tif", "")
    assert (found.start[:10], found.end, found.known) == ("1965-07-14", "2026-01-02T03:04:05.000Z", False)
    assert acquisition_of(None, "", "").known is False


def test_a_denoised_image_leads_to_its_own(labelled: Callable[..., Path], tmp_path: Path) -> None:
    image = labelled("START_TIME = 2009-08-14T03:06:23.829", "STOP_TIME = 2009-08-14T03:06:27")
    (tmp_path / "d.tif").touch()
    (tmp_path / "d_provenance.json").write_text(json.dumps({"image": {"path": str(image)}}))
    assert of(tmp_path / "d.tif").known


def test_records_that_lead_in_a_circle_or_nowhere_end(tmp_path: Path) -> None:
    for one, other in ("ab", "ba"):
        (tmp_path / f"{one}.tif").touch()
        (tmp_path / f"{one}_provenance.json").write_text(json.dumps({"image": {"path": str(tmp_path / f"{other}.tif")}}))
    assert not of(tmp_path / "a.tif").known
    (tmp_path / "a_provenance.json").write_text("[1]")
    assert not of(tmp_path / "a.tif").known


def test_a_real_label_says_it(shared_data: Path) -> None:
    image = shared_data / "crism" / "trdr" / "frt0001458f_01_if156l_trr3.img"
    assert of(image) == Acquisition("2009-08-14T03:06:23.829Z", "2009-08-14T03:06:27.563Z", known=True)
