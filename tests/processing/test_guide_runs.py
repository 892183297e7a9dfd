"""The commands of the guide, run in their order in one folder, as someone does who follows it with the images to practise with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guide_support import PAGES, ROOT, algorithms, blocks
from tests.qgis_support import STAGE


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The reader's folder, in which ``bin`` has the programs by the names that the guide gives them."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "bin").mkdir()
    (folder / "home").mkdir(mode=0o700)
    (folder / "bin" / "qgis_process").symlink_to(shutil.which("qgis_process.bin") or shutil.which("qgis_process"))
    (folder / "bin" / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (folder / "bin" / "python3").chmod(0o755)
    return folder


def run(folder: Path, *command: str) -> None:
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(STAGE.parent),
        "HOME": str(folder / "home"),
        "XDG_RUNTIME_DIR": str(folder / "home"),
        "QGIS_PLUGINPATH": str(STAGE.parent),
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(folder, page):
    if page.stem == "ten_thousand_images":
        pytest.importorskip("distributed", reason="Dask distributed is not installed (python3-distributed)")
    for block in blocks(page):
        if block.runs:
            run(folder, *(["bash", "-euc"] if block.language == "bash" else ["python3", "-c"]), block.text)
    promised = {
        "first_map": ["first.qml", "maps/frt0000a001_07_if165j_mtr3_minerals.tif"],
        "reading_a_map": ["deposits.qml", "kaolinite_best.gpkg", "again.tif", "report.html"],
        "trr3_to_composite": ["all/summary.csv", "both_source.tif", "both_agreement.csv", "finest.tif", "both_deposits.gpkg"],
        "ten_thousand_images": [
            *("archive/ledger.jsonl", "archive/catalogue/collection.json", "archive/composite/composite.vrt"),
            "archive/scenes/frt0000a001_07_if165j_mtr3/frt0000a001_07_if165j_mtr3_minerals.tif",
        ],
        "your_own_minerals": ["mine_best.gpkg", "mine.tif", "mine/frt0000a001_07_if165j_mtr3_minerals.tif"],
    }
    assert [name for name in promised[page.stem] if not (folder / name).is_file()] == []


CALLS = [
    (algorithm, values)
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for algorithm, values in algorithms(page.read_text(encoding="utf-8"))
]


def test_algorithms_have_the_parameters_that_pages_give_them(qgis, provider):
    assert len(CALLS) > 8
    known = {algorithm.id(): algorithm for algorithm in provider.algorithms()}
    for algorithm, values in CALLS:
        assert algorithm in known
        definitions = {each.name(): each for each in known[algorithm].parameterDefinitions()}
        assert set(values) <= set(definitions), algorithm
        for name, given in values.items():
            options = getattr(definitions[name], "options", list)()
            assert not options or set(given) <= set(options), (algorithm, name, given)
