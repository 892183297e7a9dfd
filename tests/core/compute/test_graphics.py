"""Whether there may be a graphics card, by its driver."""

from __future__ import annotations

import ctypes.util
from pathlib import Path

import pytest

from crism_gan_plugin.core.compute import graphics
from crism_gan_plugin.core.compute.graphics import has_driver


@pytest.fixture
def no_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(graphics, "_CUDA", "libnothing-of-this-name.so.1")
    monkeypatch.setattr(graphics, "_ROCM", tmp_path / "kfd")


def test_without_a_driver_there_is_no_card(no_driver: None) -> None:
    assert not has_driver()


def test_the_library_of_a_driver_is_found(no_driver: None, monkeypatch: pytest.MonkeyPatch) -> None:
    there = ctypes.util.find_library("c") or ctypes.util.find_library("msvcrt")
    monkeypatch.setattr(graphics, "_CUDA", there)
    assert has_driver()


def test_the_device_of_a_driver_is_found(no_driver: None, tmp_path: Path) -> None:
    (tmp_path / "kfd").touch()
    assert has_driver()
