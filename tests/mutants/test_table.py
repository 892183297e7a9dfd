"""The mutants still fit the code: each changes one line that is there, into another that Python can read."""

from __future__ import annotations

import ast

import pytest

from .__main__ import ROOT, mutated
from .table import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.file}-{mutant.right[:30]}")
def test_mutant_fits(mutant: Mutant) -> None:
    text = (ROOT / "crism_gan_plugin" / mutant.file).read_text(encoding="utf-8")
    changed = mutated(mutant, text)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(text))
    assert all((ROOT / "tests" / each).exists() for each in mutant.tests)


def test_there_are_enough() -> None:
    assert len(MUTANTS) >= 30
