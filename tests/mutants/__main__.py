"""Runs the mutants one at a time: in a copy of the tree, one line is made wrong, and the tests must fail.

usage: python3 -m tests.mutants [TEXT]    only the mutants whose file or line holds TEXT
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from .table import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[2]

#: So many of the mutants must be noticed.
WANTED = 0.95


def main(text: str = "") -> int:
    chosen = [mutant for mutant in MUTANTS if text in mutant.file or text in mutant.right]
    noticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "repository"
        for part in ("crism_gan_plugin", "tests", "model_weights", "benchmarks", "tools"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ("pyproject.toml", "metadata.txt", "Makefile"):
            shutil.copy(ROOT / file, copy / file)
        for tests in dict.fromkeys(mutant.tests for mutant in chosen):
            broken = first_failure(tests, copy)
            if broken is not None:
                print(f"{broken} fails without any mutant: mend that first")
                return 2
        for number, mutant in enumerate(chosen, 1):
            start = time.monotonic()
            test = noticed_by(mutant, copy)
            noticed += test is not None
            place = f"{mutant.file}: {' '.join(mutant.right.split())}"
            seconds = time.monotonic() - start
            print(f"{number:3d} of {len(chosen)}  {seconds:4.0f} s  {place[:90]:<90}  {test or 'NOT NOTICED'}", flush=True)
    share = noticed / max(len(chosen), 1)
    print(f"{noticed} of {len(chosen)} mutants noticed ({share:.0%}; wanted: {WANTED:.0%})")
    return 0 if share >= WANTED else 1


def noticed_by(mutant: Mutant, copy: Path) -> Optional[str]:
    """The first test that fails with the mutant in the copy; None if none does."""
    file = copy / "crism_gan_plugin" / mutant.file
    right = file.read_text(encoding="utf-8")
    file.write_text(mutated(mutant, right), encoding="utf-8")
    try:
        return first_failure(mutant.tests, copy)
    finally:
        file.write_text(right, encoding="utf-8")


def first_failure(tests: Sequence[str], copy: Path) -> Optional[str]:
    """The first of the tests that fails in the copy; None if all pass."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *(f"tests/{each}" for each in tests)],
        cwd=copy,
        env=environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return None
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    if failed is None:
        raise RuntimeError(f"{', '.join(tests)}: the tests did not run\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed[1]


def mutated(mutant: Mutant, text: str) -> str:
    """The file's text with the wrong line; `ValueError` if the right one does not stand there exactly once."""
    if text.count(mutant.right) != 1:
        raise ValueError(f"{mutant.file}: stands there {text.count(mutant.right)} times, not once: {mutant.right}")
    return text.replace(mutant.right, mutant.wrong)


def environment() -> dict[str, str]:
    """Without compiled files: a mutant may be as long as the right line, and as old."""
    data = os.environ.get("CRISM_TEST_DATA") or str(ROOT.parent / "shared" / "data")
    return {**os.environ, "CRISM_TEST_DATA": data, "PYTHONDONTWRITEBYTECODE": "1", "QT_QPA_PLATFORM": "offscreen"}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
