"""The rooms of the core: no circle between them, arrows that lead down only, and guests that the host has asked in."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "crism_gan_plugin" / "core"


def load_tool():
    spec = importlib.util.spec_from_file_location("import_graph", ROOT / "tools" / "import_graph.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


tool = load_tool()
ROOMS = sorted(folder.name for folder in CORE.iterdir() if (folder / "__init__.py").is_file())


def package(folder: Path, **texts: str) -> Path:
    """A small core with these modules; two underscores in a name are a folder."""
    for name, text in texts.items():
        file = folder.joinpath(*name.split("__")).with_suffix(".py")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        (file.parent / "__init__.py").touch()
    return folder


def test_there_is_no_circle_between_rooms():
    assert tool.circles(tool.room_graph()) == []


def test_there_is_no_circle_between_modules():
    assert tool.circles(tool.module_graph()) == []


def test_every_arrow_leads_down():
    assert tool.arrows_up(tool.room_graph()) == []


def test_every_room_has_a_storey_and_every_storey_has_rooms():
    there = set(tool.room_graph())
    named = [room for rooms in tool.STOREYS for room in rooms]
    assert sorted(named) == sorted(there)


def test_the_hall_is_not_a_store():
    assert set(tool.loose_modules()) == {
        "arrays",
        "cli",
        "continuum_cube",
        "errors",
        "installation",
        "packages",
        "progress",
        "provenance",
        "stop_signals",
    }


def test_what_maps_does_not_import_what_trains():
    """Maps are made where there is no torch."""
    graph = tool.room_graph()
    reached, waiting = set(), ["mapping", "network", "mosaic", "batch"]
    while waiting:
        room = waiting.pop()
        if room not in reached:
            reached.add(room)
            waiting += graph[room]
    assert "training" not in reached
    assert "simulation" not in reached


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_who_may_come_in_and_nobody_else_does(room):
    text = ast.get_docstring(ast.parse((CORE / room / "__init__.py").read_text(encoding="utf-8")))
    _, _, said = " ".join(text.split()).rpartition("Who may come in: ")
    assert said.endswith("."), f"core/{room}/__init__.py does not say who may come in"
    guests = {each for each, targets in tool.room_graph().items() if room in targets}
    if said == "everyone.":
        return
    asked = set() if said == "nobody in the core." else set(" ".join(said.rstrip(".").split()).split(", "))
    assert guests <= asked
    assert asked <= set(tool.room_graph())


def test_a_circle_is_found(tmp_path):
    core = package(
        tmp_path,
        a__one="from ..b.two import x\n",
        b__two="def f():\n    from ..c import three\n",
        c__three="from ..a import one\n",
        d="from .a.one import y\nfrom ... import paths\n",
    )
    assert tool.circles(tool.room_graph(core)) == [["a", "b", "c"]]
    assert sorted(tool.arrows_in_circles(tool.room_graph(core))) == [("a", "b"), ("b", "c"), ("c", "a")]
    assert tool.loose_modules(core) == ["d"]


def test_an_arrow_up_is_found(tmp_path):
    core = package(tmp_path, files__npz="from ..mapping import pipeline\n", mapping__pipeline="from ..files import npz\n")
    assert tool.arrows_up(tool.room_graph(core)) == [("files", "mapping")]


def classes(core: Path) -> dict[str, list[str]]:
    """Name of a class, without underscores before it → the files that have one."""
    found: dict[str, list[str]] = {}
    for file in sorted(core.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name.lstrip("_"), []).append(file.relative_to(core).as_posix())
    return found


def test_no_two_classes_have_one_name():
    assert {name: files for name, files in classes(CORE).items() if len(files) > 1} == {}


def test_classes_of_one_name_are_found(tmp_path):
    core = package(tmp_path, a__one="class Block:\n    pass\n", b__two="def f():\n    class _Block:\n        pass\n")
    assert classes(core) == {"Block": ["a/one.py", "b/two.py"]}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_and_the_plan_name_all_who_live_there(room):
    text = ast.get_docstring(ast.parse((CORE / room / "__init__.py").read_text(encoding="utf-8")))
    page = (ROOT / "docs" / "rooms.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `core/{room}/` |"))
    modules = {file.stem for file in (CORE / room).glob("*.py")} - {"__init__"}
    assert not [name for name in modules if f"`{name}`" not in text]
    assert not [name for name in modules if f"`{name}`" not in row]


def test_every_path_that_answers_a_question_is_there():
    page = (ROOT / "docs" / "rooms.md").read_text(encoding="utf-8")
    questions = page.split("## Questions of a stranger")[1].split("## Before and after")[0]
    paths = re.findall(r"`(core/[\w/.]+)`", questions)
    assert len(paths) > 20
    assert not [path for path in paths if not (CORE.parent / path).exists()]
