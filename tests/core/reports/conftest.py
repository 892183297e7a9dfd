"""A small mapped image, and the page of its report, read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.mapping.pipeline import MapOutputs

CLASSES = ["talc", "kaolinite"]


@dataclass
class Page(HTMLParser):
    """What a browser would find: tables by their class, texts, tags."""

    file: Path
    tables: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    tags: list[tuple[str, dict[str, Optional[str]]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._cell: Optional[list[str]] = None
        self._value: Optional[str] = None
        self.feed(self.file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, Optional[str]]]) -> None:
        known = dict(attributes)
        self.tags.append((tag, known))
        if tag == "table":
            self.tables.append((known.get("class") or "", []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th"):
            self._cell = []
        elif tag == "data":
            self._value = known["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._cell is not None:
            self.tables[-1][1][-1].append("".join(self._cell))
            self._cell = None
        elif tag == "data":
            self._value = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._cell is not None:
            self._cell.append(data if self._value is None else self._value)

    def rows(self, kind: str, number: int = 0) -> list[dict[str, str]]:
        """The rows of a table by the names of its columns; numbers are whole."""
        head, *rows = [table for name, table in self.tables if name == kind][number]
        return [dict(zip(head, row)) for row in rows]

    def deposits(self) -> list[dict[str, str]]:
        """The rows of all tables of deposits."""
        count = sum(name == "deposits" for name, _ in self.tables)
        return [row for number in range(count) for row in self.rows("deposits", number)]

    def sources(self) -> list[str]:
        """All that a browser would fetch."""
        return [
            value
            for _, known in self.tags
            for name, value in known.items()
            if name in ("src", "href", "xlink:href", "data") and value
        ]


@pytest.fixture
def page() -> Callable[[Path], Page]:
    return Page


@pytest.fixture(scope="session")
def cube(pixel_of: Callable[..., np.ndarray]) -> np.ndarray:
    """A block of talc, one of kaolinite and a streak of kaolinite one column wide, on bland ground; some no data."""
    rng = np.random.default_rng(3)
    made = pixel_of("bland") * np.ones((24, 30, 1))
    made[3:9, 4:12] = pixel_of("talc")
    made[12:20, 15:24] = pixel_of("kaolinite", 0.3)
    made[2:20, 27] = pixel_of("kaolinite")
    made[0, :5] = 0
    return (made * rng.uniform(0.9, 1.1, (24, 30, 1))).astype(np.float32)


@pytest.fixture
def mapped(make_tif: Callable[..., Path], random_weights: Path, cube: np.ndarray, tmp_path: Path) -> Callable[..., MapOutputs]:
    """A function that maps the image, with options of `make_tif` for where it lies."""

    def run(name: str = "scene", options: Any = None, image: Optional[np.ndarray] = None, **place: Any) -> MapOutputs:
        scene = make_tif(tmp_path / f"{name}.tif", cube if image is None else image, **place)
        more = {"scales": [1], "method": "paper", "classes": CLASSES, **(options or {})}
        return map_scene(scene, tmp_path / "maps", weights=random_weights, engine="numpy", **more)

    return run
