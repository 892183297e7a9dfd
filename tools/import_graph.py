"""Who imports whom among the rooms of the core: the arrows, the circles, the arrows that run up; as text, or drawn with Matplotlib.

A room is a folder of ``crism_gan_plugin/core``, or a module that lies loose in its hall. Imports are read from the syntax tree,
those inside functions too.

    python3 tools/import_graph.py --draw docs/import_graph.png
    python3 tools/import_graph.py --modules
"""

from __future__ import annotations

import argparse
import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "crism_gan_plugin" / "core"

#: The rooms from the ground up; an arrow may only lead from a higher storey to a lower one.
STOREYS = (
    ("arrays", "errors", "stop_signals"),
    ("progress", "compute", "files", "packages"),
    ("instrument", "mars", "options", "segments"),
    ("spectra",),
    ("rasters", "vectors"),
    ("products", "fetching"),
    ("libraries", "background", "provenance"),
    ("atmosphere", "georeferencing", "network", "neutral", "reliability", "factors", "unlisted"),
    ("denoise", "training", "simulation", "importing", "continuum_cube", "installation"),
    ("mapping",),
    ("mosaic", "search", "summary_parameters", "band_positions"),
    ("deposits", "inspection", "own_minerals"),
    ("detection_limit", "reports", "rules"),
    ("catalogue",),
    ("batch", "endmembers", "methods"),
    ("screening", "validation", "archive"),
    ("cli",),
    ("__main__",),
)

Graph = Mapping[str, Mapping[str, int]]


def modules(core: Path = CORE) -> dict[str, Path]:
    """The modules below a package's folder by their dotted names; a package has the name of its folder, the core itself none."""
    found = {}
    for file in sorted(core.rglob("*.py")):
        parts = file.relative_to(core).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(name: str, there: Mapping[str, Path]) -> Iterator[str]:
    """The modules of the same package that one of them imports, wherever in it."""
    file = there[name]
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        parts = package.split(".") if package else []
        if node.level - 1 > len(parts):
            continue  # above the core
        parts = parts[: len(parts) - (node.level - 1)] + (node.module.split(".") if node.module else [])
        target = ".".join(parts)
        for alias in node.names:
            module = f"{target}.{alias.name}".strip(".")
            yield module if module in there else target


def module_graph(core: Path = CORE) -> dict[str, Counter[str]]:
    """Module → the modules that it imports; a package stands for its ``__init__``. The core's own, which is lazy, is left out."""
    there = modules(core)
    graph = {name: Counter(target for target in imports(name, there) if target != name) for name in there if name}
    return {name: Counter({t: n for t, n in targets.items() if t in graph}) for name, targets in graph.items()}


def room_graph(core: Path = CORE) -> dict[str, Counter[str]]:
    """Room → the rooms it imports, and by how many modules' imports."""
    graph: dict[str, Counter[str]] = {}
    for name, targets in module_graph(core).items():
        room = name.split(".")[0]
        arrows = graph.setdefault(room, Counter())
        arrows.update(target.split(".")[0] for target in targets if target.split(".")[0] != room)
    return graph


def circles(graph: Graph) -> list[list[str]]:
    """Sets of nodes that can all be reached from each other, of two or more (Tarjan 1972, SIAM J. Comput. 1, 146)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []
    found = []

    def visit(node: str) -> None:
        number[node] = lowest[node] = len(number)
        path.append(node)
        for target in graph.get(node, ()):
            if target not in number:
                visit(target)
                lowest[node] = min(lowest[node], lowest[target])
            elif target in path:
                lowest[node] = min(lowest[node], number[target])
        if lowest[node] == number[node]:
            first = path.index(node)
            circle = sorted(path[first:])
            del path[first:]
            if len(circle) > 1:
                found.append(circle)

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found


def storey_of(room: str) -> int:
    """``ValueError`` for a room that has no storey."""
    for number, rooms in enumerate(STOREYS):
        if room in rooms:
            return number
    raise ValueError(f"{room}: on no storey of STOREYS in tools/import_graph.py")


def arrows_up(graph: Graph) -> list[tuple[str, str]]:
    """Arrows that do not lead down, by `STOREYS`."""
    return [(room, target) for room, targets in graph.items() for target in targets if storey_of(room) <= storey_of(target)]


def arrows_in_circles(graph: Graph) -> list[tuple[str, str]]:
    """Arrows between members of one circle: of any order of the rooms, some of them run up."""
    within = [set(circle) for circle in circles(graph)]
    return [(a, b) for a, targets in graph.items() for b in targets if any(a in circle and b in circle for circle in within)]


def loose_modules(core: Path = CORE) -> list[str]:
    """Those in the hall."""
    return sorted(file.stem for file in core.glob("*.py") if file.stem not in ("__init__", "__main__"))


def line_counts(core: Path = CORE) -> dict[str, int]:
    """Room → lines of its modules."""
    counts: Counter[str] = Counter()
    for name, file in modules(core).items():
        counts[name.split(".")[0] or "__init__"] += len(file.read_text(encoding="utf-8").splitlines())
    return dict(counts)


def without_shortcuts(graph: Graph) -> dict[str, list[str]]:
    """The arrows of a graph without circles that no longer way replaces: with them, the others go without saying."""

    def below(node: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(graph[node])
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                waiting += graph[each]
        return seen

    reach = {node: below(node) for node in graph}
    return {
        node: [each for each in targets if all(each not in reach[other] for other in targets)] for node, targets in graph.items()
    }


def draw(graph: Graph, target: Path) -> None:
    """The rooms on their storeys, and the arrows between them, but for those that a longer way replaces."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 11), dpi=110)
    axes = figure.add_subplot()
    colours = ("#4c6a92", "#a65a3a", "#5b8a5b", "#8a5b86", "#9a8536", "#3f8c8c")
    shown = [[room for room in rooms if room in graph] for rooms in STOREYS]
    places = {
        room: ((place + 0.5) / len(rooms), number) for number, rooms in enumerate(shown) for place, room in enumerate(sorted(rooms))
    }
    lines, arrows = line_counts(), without_shortcuts(graph)
    for room in sorted(graph):
        for number, target_room in enumerate(arrows[room]):
            (x, y), (to_x, to_y) = places[room], places[target_room]
            bend = 0.08 if number % 2 else -0.08
            style = {"arrowstyle": "-|>", "color": colours[storey_of(room) % len(colours)], "alpha": 0.7, "lw": 1.3}
            style["connectionstyle"] = f"arc3,rad={bend}"
            axes.annotate("", (to_x, to_y + 0.24), (x, y - 0.24), arrowprops={**style, "shrinkA": 0, "shrinkB": 0})
    for room, (x, y) in places.items():
        box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": colours[storey_of(room) % len(colours)], "lw": 1.4}
        axes.text(x, y, f"{room}\n{lines.get(room, 0):,} lines", ha="center", va="center", fontsize=9, bbox=box, zorder=3)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.6, len(STOREYS) - 0.4)
    axes.set_axis_off()
    figure.tight_layout()
    FigureCanvasAgg(figure).print_png(target)


def told(graph: Graph, rooms: bool) -> Iterable[str]:
    """The graph in words."""
    for name in sorted(graph):
        targets = ", ".join(f"{target} ({count})" for target, count in sorted(graph[name].items()))
        yield f"{name}: {targets or 'nothing'}"
    found = circles(graph)
    yield f"{len(graph)} {'rooms' if rooms else 'modules'}, {sum(map(len, graph.values()))} arrows, {len(found)} circles"
    for circle in found:
        yield f"circle: {', '.join(circle)}"
    yield f"arrows within circles: {len(arrows_in_circles(graph))}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--core", type=Path, default=CORE, metavar="FOLDER", help="the core of another checkout, to compare")
    parser.add_argument("--modules", action="store_true", help="arrows between modules instead of rooms")
    parser.add_argument("--draw", type=Path, metavar="FILE", help="a PNG of the rooms on their storeys")
    given = parser.parse_args()
    graph = module_graph(given.core) if given.modules else room_graph(given.core)
    print("\n".join(told(graph, not given.modules)))
    print(f"loose in the hall: {len(loose_modules(given.core))}; lines: {sum(line_counts(given.core).values()):,}")
    if not given.modules and all(any(room in rooms for rooms in STOREYS) for room in graph):
        up = arrows_up(graph)
        print(f"arrows that run up: {len(up)}" + "".join(f"\n  {room} -> {target}" for room, target in up))
    if given.draw is not None:
        draw(room_graph(given.core), given.draw)


if __name__ == "__main__":
    main()
