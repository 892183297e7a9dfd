"""What our rasters say of themselves has one spelling."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from crism_gan_plugin.core.rasters import metadata_keys

CORE = Path(metadata_keys.__file__).parents[1]
KEYS = {value for name, value in vars(metadata_keys).items() if name.endswith("_KEY")}
MODULES = sorted(file for file in CORE.rglob("*.py") if file.name != "metadata_keys.py")


def test_keys_are_what_other_programs_know() -> None:
    assert {
        "CRISM_PRODUCT_ID",
        "ATMOSPHERE_CORRECTED",
        "CRISM_SOURCES",
        "CRISM_GROUND",
        "CRISM_DOUBTFUL_NM",
        "CRISM_RUN_ID",
        "CRISM_PROVENANCE",
        "CRISM_EVIDENCE",
    } == KEYS


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(CORE)))
def test_a_key_is_spelt_in_one_place(file: Path) -> None:
    words = {node.value for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant)}
    assert not KEYS & words
