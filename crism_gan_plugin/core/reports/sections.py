"""The parts of a page: table of classes, a mineral with its deposits, and how the map was made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray
from ..mapping.levels import GUESS_OFFSET, NO_DATA
from .class_scores import EDGES, ClassScores
from .curves import COLOURS, first_edge, histogram_figure, spectra_figure
from .listed import ListedDeposit, MineralDeposits
from .map_figure import MapFigure
from .picture import CellPicture, Palette
from .samples import DepositSpectra
from .subject import Subject
from .text import UNKNOWN, degrees, escaped, fixed, number, rgb, whole

#: A deposit that spans at most so many pixels has a blow-up; and pixels of the picture around it.
_SMALL, _AROUND = 120, 8

#: Width and height of a blow-up at most, units of the figure.
_BLOW_UP = 168.0

#: Fields of a record that have places of their own on the page.
_TOLD = {"found", "pixels", "warnings", "versions", "run_id", "started", "finished", "files", "notes", "agreement", "legend"}

#: Most rows of the table of parameters.
_MOST_ROWS = 150


@dataclass(frozen=True)
class PageContents:
    """All that a page tells.

    Attributes
    ----------
    subject, minerals, scores, picture
        The map, its deposits, what was counted, and its picture.
    palette, brightness
        Colours, and the ground's brightness in each cell of the picture.
    spectra
        Spectra of deposits, by their labels.
    """

    subject: Subject
    minerals: Sequence[MineralDeposits]
    scores: ClassScores
    picture: CellPicture
    palette: Palette
    brightness: Optional[FloatArray]
    spectra: Mapping[str, DepositSpectra]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str, foot: Sequence[str] = ()) -> str:
    """A table of cells that are HTML already."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    top = "".join(f"<th>{cell}</th>" for cell in head)
    end = f"<tfoot><tr>{''.join(f'<td>{cell}</td>' for cell in foot)}</tr></tfoot>" if foot else ""
    return f'<table class="{kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody>{end}</table>'


def swatch(colour: tuple[int, int, int]) -> str:
    """A patch of a colour."""
    return f'<span class="swatch" style="background:{rgb(colour)}"></span>'


def map_section(found: PageContents) -> str:
    """The map with its legend."""
    subject, picture = found.subject, found.picture
    source = subject.source.map
    identified = [each for mineral in found.minerals if mineral.identified for each in mineral.identified.shown]
    figure = MapFigure(subject.source, 0, 0, source.lines, source.samples)
    address = found.palette.picture(picture.codes, found.brightness)
    entries = "".join(
        f"<li>{swatch(row.rgb)}{escaped(row.name)}{' (guess)' if row.level == 'guess' else ''}</li>"
        for row in sorted(source.table, key=lambda row: (row.value % GUESS_OFFSET, row.value))
    )
    said = ["Coloured: pixels with a mineral; guesses have the paler tint."]
    said.append("Grey: the image near 1.33 µm." if found.brightness is not None else "Grey: nothing was detected.")
    said.append("White: no data.")
    if picture.factor > 1:
        said.append(
            f"Each cell of the picture stands for {picture.factor} × {picture.factor} pixels. It shows the identified mineral that "
            "most of these have, else the guessed one, even if it is a single pixel: small deposits stay visible, and look larger "
            "than they are."
        )
    said.append("Labels name the largest identified deposits of each mineral.")
    return (
        f'<section><h2>Map</h2><div class="map">{figure.whole(address, picture.codes.shape, picture.factor, identified)}</div>'
        f'<ul class="legend">{entries}</ul><p class="caption">{" ".join(said)}</p></section>'
    )


def classes_section(found: PageContents) -> str:
    """The table of classes, and what the rest of the map is."""
    source, scores = found.subject.source.map, found.scores
    mean, valid = scores.mean(), int(scores.pixels[:NO_DATA].sum())
    both = any(row.both_pixels is not None for row in source.table)
    deposits = {level.row.value: level.count for mineral in found.minerals for level in mineral.levels}
    head = ["", "class", "level", "code", "pixels", "% of valid", "km²", "deposits", "mean score", "best score"]
    head += ["pixels also without the ratio"] if both else []
    rows = [
        [
            swatch(row.rgb),
            escaped(row.name),
            escaped(row.level),
            whole(row.value),
            whole(row.pixels),
            number(100 * row.pixels / valid if valid else None, 3),
            number(row.area_km2),
            whole(deposits.get(row.value)),
            fixed(float(mean[row.value]), 3),
            fixed(float(scores.best[row.value]), 3),
            *([whole(row.both_pixels)] if both else []),
        ]
        for row in sorted(source.table, key=lambda row: (row.value % GUESS_OFFSET, row.value))
    ]
    areas = [row.area_km2 for row in source.table]
    km2 = None if not areas or any(each is None for each in areas) else sum(each for each in areas if each is not None)
    detected = sum(row.pixels for row in source.table)
    foot = ["", "all minerals", "", "", whole(detected), number(100 * detected / valid if valid else None, 3), number(km2)]
    foot += [whole(sum(deposits.values())), "", "", *([""] if both else [])]
    rest = f"{whole(valid)} pixels are valid, {whole(int(scores.pixels[0]))} of them show nothing; "
    rest += f"{whole(int(scores.pixels[NO_DATA]))} have no data."
    return f"<section><h2>Classes</h2>{table(head, rows, 'classes', foot)}<p>{rest}</p></section>"


def mineral_section(found: PageContents, mineral: MineralDeposits, figures: bool) -> str:
    """A mineral: its deposits, their spectra, blow-ups, and its scores."""
    colour = mineral.levels[0].row.rgb
    parts = [f"<h3>{swatch(colour)}{mineral.letter}. {escaped(mineral.name)}</h3>", _deposits_table(found, mineral)]
    if figures:
        parts += [_spectra(found, mineral), f'<div class="row">{_histogram(found, mineral)}{_blow_ups(found, mineral)}</div>']
    return f'<section class="mineral" id="{mineral.letter}">{"".join(parts)}</section>'


def _deposits_table(found: PageContents, mineral: MineralDeposits) -> str:
    placed, composite = found.subject.source.projection is not None, found.subject.is_composite
    head = ["deposit", "level", "pixels", "columns", "km²", "centre" if placed else "centre (line, sample)"]
    head += ["mean score", "best score", "lead", "scene" if composite else "exemplar"]
    rows: list[list[str]] = []
    for level in mineral.levels:
        for each, colour in zip(level.shown, COLOURS):
            f = each.fields
            where = degrees(f["lon"], f["lat"]) if placed else f"{each.centre[0]:.1f}, {each.centre[1]:.1f}"
            last = f["scene"] if composite else f["exemplar"]
            rows.append(
                [
                    f'<b style="color:{colour}">{each.label}</b>',
                    escaped(f["level"]),
                    whole(f["pixels"]),
                    whole(f["columns"]),
                    number(f["km2"]),
                    where,
                    fixed(f["mean_score"], 3),
                    fixed(f["best_score"], 3),
                    fixed(f["lead"], 3),
                    escaped(last) if last else UNKNOWN,
                ]
            )
        count, pixels, km2 = level.others
        if count:
            name = f"{whole(count)} more"
            rows.append([name, escaped(level.row.level), whole(pixels), "", number(km2), "", "", "", "", ""])
        rows.append(["<b>all</b>", escaped(level.row.level), whole(level.pixels), "", number(level.km2), "", "", "", "", ""])
    return table(head, rows, "deposits")


def _spectra(found: PageContents, mineral: MineralDeposits) -> str:
    ground = found.subject.ground
    if ground is None:
        return '<p class="missing">No spectra: see the notes.</p>'
    exemplars = found.subject.exemplars(mineral)
    figure = spectra_figure(mineral.identified, mineral.guessed, found.spectra, exemplars, ground.wavelengths_nm)
    if not figure:
        return '<p class="missing">No spectra of these deposits could be read: see the notes.</p>'
    return f'<div class="spectra">{figure}</div>'


def _histogram(found: PageContents, mineral: MineralDeposits) -> str:
    counts = found.scores.histograms[mineral.code]
    if not counts.any():
        return ""
    guess, identification = found.subject.thresholds(mineral.name)
    of = "whose best match it is" if found.scores.by_best_match else "that the map names so"
    caption = f"Scores of all pixels {of}."
    low = first_edge(counts, guess)
    below = int(counts[EDGES[:-1] < low - 1e-9].sum())
    if below:
        caption += f" {whole(below)} have less than {low:g}."
    if guess is not None and identification is not None:
        caption += f" Thresholds: guess above {guess:g}, identification above {identification:g}."
    figure = histogram_figure(counts, mineral.levels[0].row.rgb, guess, identification)
    return f'<figure class="histogram">{figure}<figcaption>{caption}</figcaption></figure>'


def _blow_ups(found: PageContents, mineral: MineralDeposits) -> str:
    level = mineral.identified or mineral.guessed
    assert level is not None
    return "".join(_blow_up(found, each) for each in level.shown if max(each.bottom - each.top, each.right - each.left) <= _SMALL)


def _blow_up(found: PageContents, deposit: ListedDeposit) -> str:
    source = found.subject.source
    side = max(deposit.bottom - deposit.top, deposit.right - deposit.left) + 2 * _AROUND
    top, lines = _span(deposit.top, deposit.bottom, side, source.map.lines)
    left, samples = _span(deposit.left, deposit.right, side, source.map.samples)
    codes = source.codes(top, lines)[:, left : left + samples]
    brightness = None
    if found.brightness is not None and found.subject.ground is not None:
        line, sample = np.mgrid[top : top + lines, left : left + samples]
        brightness = found.subject.ground.brightness(line.ravel(), sample.ravel())
    figure = MapFigure(source, top, left, lines, samples, _BLOW_UP, _BLOW_UP)
    drawn = figure.blow_up(found.palette.picture(codes, brightness), f"deposit {deposit.label}")
    return f'<figure class="blow-up">{drawn}<figcaption>{deposit.label}</figcaption></figure>'


def _span(first: int, stop: int, side: int, end: int) -> tuple[int, int]:
    """Start and length of a window of this side around a stretch, within the map."""
    start = max(0, min((first + stop - side) // 2, end - side))
    return start, min(side, end - start)


def limits_section(said: Sequence[str]) -> str:
    """What the map would have shown, by the detection limits beside it; empty where there are none."""
    if not said:
        return ""
    told = "".join(f"<li>{escaped(line)}</li>" for line in said[1:])
    return (
        f'<section><h2>What the map would have shown</h2><ul>{told}</ul><p class="caption">{escaped(_sentence(said[0]))} A mineral '
        "whose absorption differs from the library's is found less often.</p></section>"
    )


def _sentence(line: str) -> str:
    return f"{line[:1].upper()}{line[1:]}."


def overlap_section(record: Mapping[str, Any]) -> str:
    """How far the maps of a composite agree; empty if the record does not tell."""
    said = record.get("agreement")
    lines = [line for line in said if isinstance(line, str)] if isinstance(said, list) else []
    if not lines:
        return ""
    told = "".join(f"<li>{escaped(line)}</li>" for line in lines)
    return (
        f"<section><h2>Where maps overlap</h2><ul>{told}</ul>"
        '<p class="caption">What two images show alike is no accident of one of them. What both get wrong in the same way, such as '
        "ground that looks like the mineral, no second look reveals.</p></section>"
    )


def making_section(record: Mapping[str, Any]) -> str:
    """How the map was made: parameters, inputs, versions."""
    if not record:
        return "<section><h2>How the map was made</h2><p>That is not known: no record lies beside the map.</p></section>"
    rows = list(_flat({key: value for key, value in record.items() if key not in _TOLD}))
    told = [[f"<code>{escaped(name)}</code>", escaped(value)] for name, value in rows[:_MOST_ROWS]]
    if len(rows) > _MOST_ROWS:
        told.append(["…", f"and {len(rows) - _MOST_ROWS} more, in the record"])
    when = [["started", escaped(record.get("started", UNKNOWN))], ["finished", escaped(record.get("finished", UNKNOWN))]]
    when.append(["run", f"<code>{escaped(record.get('run_id', UNKNOWN))}</code>"])
    versions = record.get("versions")
    when += [[escaped(name), escaped(value)] for name, value in versions.items()] if isinstance(versions, Mapping) else []
    return (
        f"<section><h2>How the map was made</h2>{table(['', ''], when, 'plain')}<h3>Parameters and inputs</h3>"
        f"{table(['', ''], told, 'plain')}</section>"
    )


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each field of a record with its names, and its value as a text."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{name} › {key}" if name else str(key))
    elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        for place, each in enumerate(value, 1):
            yield (
                f"{name} › {place}",
                ", ".join(f"{key} {inner}" for key, inner in each.items() if not isinstance(inner, (Mapping, list))),
            )
    elif isinstance(value, list):
        yield name, ", ".join(map(str, value)) or "none"
    else:
        yield name, {None: "none", True: "yes", False: "no"}.get(value, str(value)) if _is_word(value) else str(value)


def _is_word(value: Any) -> bool:
    return value is None or isinstance(value, bool)
