"""From files of spectra, and polygons on an image, to an exemplar library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Optional

from ..errors import InputError, ParameterError
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_name, check_outputs
from ..libraries.converted import convert
from ..libraries.editing import NewExemplar, add_exemplars, empty_library, folded, plain_name, unlike
from ..libraries.exemplar_files import is_library_file, load_exemplars, save_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..libraries.spectral_files import read_spectra
from ..options.exemplars import ExemplarOptions
from ..options.keywords import takes
from ..progress import Progress
from .polygons import spectra_of_polygons
from .telling_apart import taken_for, thresholds_of, with_doubt

#: Lines of one kind that the log shows; the report has all.
_MOST_LINES = 20


@dataclass(frozen=True)
class ExemplarOutputs:
    """The files that `build_exemplars` wrote: the library, and the report of what it was made of."""

    library: Path
    report: Path


@dataclass(frozen=True)
class _Collected:
    """Spectra for the library, and a line for each thing that was left out: by the user, or because it cannot be looked for."""

    exemplars: list[NewExemplar]
    passed_over: list[str]
    refused: list[str]


@takes(ExemplarOptions)
@recorded_inputs()
def build_exemplars(output: PathLike, *, options: ExemplarOptions, progress: Optional[Progress] = None) -> ExemplarOutputs:
    """Build an exemplar library from spectra of others, and from polygons on an image.

    Maps look for the new spectra at once: the network describes spectra that it never saw. New classes need the scores that the
    weights' calibration gives all classes, and higher ones where they cannot be told from another class.

    Parameters
    ----------
    output
        The library (.json); the report gets a name that begins like its own.
    {options}

    Returns
    -------
    Paths of the outputs.

    Raises
    ------
    InputError, ParameterError, OutputError
        With one line that names what is wrong. Nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    target = _target(output)
    made = ExemplarOutputs(target, target.with_name(f"{target.stem}_report.txt"))
    _check_given(options)
    shipped = load_exemplars()
    before = empty_library() if options.alone else load_exemplars(options.exemplars)
    found = _collect(options, before, shipped, progress.part(0, 0.8))
    if not found.exemplars:
        raise InputError(f"spectra: none can be looked for; {_first(found.refused)}")
    check_outputs(asdict(made).values())
    library = add_exemplars(before, found.exemplars, shipped, "exemplar library")
    old = {folded(name) for name in before.class_names}
    new = [name for name in library.class_names if folded(name) not in old]
    touched = list(dict.fromkeys(library.classes[place].name for place in library.class_index[len(before.names) :].tolist()))
    progress.report(0.85, "asking the network which classes it cannot tell apart")
    alike = taken_for(library, len(found.exemplars), options.weights)
    library = with_doubt(library, new, alike)
    told = [thresholds_of(library, name) for name in touched]
    with AtomicOutputs(target.parent) as outputs:
        save_exemplars(library, outputs.place(made.library))
        report = _report(library, found, told, [str(each) for each in alike])
        outputs.place(made.report).write_text(report, encoding="utf-8")
    _show(progress.info, [f"new spectrum: {each.name}, class {each.class_name}" for each in found.exemplars])
    _show(progress.info, told)
    _show(progress.info, [f"left out: {line}" for line in found.passed_over])
    _show(progress.warn, [str(each) for each in alike if each.is_identified])
    _show(progress.info, [str(each) for each in alike if not each.is_identified])
    _show(progress.warn, [f"left out: {line}" for line in found.refused])
    return made


def _target(output: PathLike) -> Path:
    target = Path(output)
    if target.suffix.lower() != ".json":
        raise ParameterError(f"output: {target} is not the name of a library; let it end in .json")
    check_name(target.name, "output")
    return target


def _check_given(options: ExemplarOptions) -> None:
    if not options.spectra and options.polygons is None:
        raise ParameterError("spectra: none are given; give files of spectra, or polygons on an image")
    if (options.polygons is None) != (options.image is None):
        missing = "polygons: none are given for the image" if options.polygons is None else "image: none is given for the polygons"
        raise ParameterError(f"{missing}; give both")
    if options.alone and options.exemplars is not None:
        raise ParameterError("alone: the library cannot begin empty and with another library; give one or the other")


def _collect(options: ExemplarOptions, before: ExemplarLibrary, shipped: ExemplarLibrary, progress: Progress) -> _Collected:
    found = _Collected([], [], [])
    taken = list(before.names)
    names: list[str] = []
    patterns = [folded(pattern) for pattern in (options.only or "").split(",") if pattern.strip()]
    for number, path in enumerate(options.spectra):
        progress.check()
        if is_library_file(Path(path)):
            _take_library(Path(path), options, patterns, taken, names, found)
        else:
            _take_spectra(path, options, shipped, patterns, taken, names, found)
        progress.report((number + 1) / (len(options.spectra) + 1), f"read {number + 1} of {len(options.spectra)} files")
    if options.spectra and patterns and not found.exemplars and not found.refused:
        raise ParameterError(f"only {options.only!r}: no spectrum is called so; there are {_some(names)}")
    if options.polygons is not None and options.image is not None:
        more = spectra_of_polygons(options.image, options.polygons, options, taken, progress)
        found.exemplars.extend(more.exemplars)
        found.refused.extend(more.refused)
    return found


def _take_spectra(
    path: PathLike,
    options: ExemplarOptions,
    shipped: ExemplarLibrary,
    patterns: Sequence[str],
    taken: list[str],
    names: list[str],
    found: _Collected,
) -> None:
    """Add the spectra of a file, folder or archive to what is found."""
    read = read_spectra(path, shipped)
    names += [each.name for each in read.spectra]
    wanted = [each for each in read.spectra if _is_wanted(each.name, patterns)]
    made = convert(wanted, taken, options.classes, options.class_name or "")
    taken += [each.name for each in made.exemplars]
    found.exemplars.extend(made.exemplars)
    found.passed_over.extend(read.left_out)
    found.passed_over.extend(_unwanted(path, len(read.spectra) - len(wanted)))
    found.refused.extend([*read.unreadable, *made.refused])


def _take_library(
    path: Path, options: ExemplarOptions, patterns: Sequence[str], taken: list[str], names: list[str], found: _Collected
) -> None:
    """Add the spectra of another exemplar library, in their classes."""
    library = load_exemplars(path)
    names += library.names
    rows = [row for row, name in enumerate(library.names) if _is_wanted(name, patterns)]
    for row in rows:
        mineral = library.classes[library.class_index[row]]
        name = unlike(library.names[row], taken)
        taken.append(name)
        found.exemplars.append(
            NewExemplar(
                name,
                plain_name(options.class_name or "") or mineral.name,
                library.spectra[row],
                library.sources[row],
                bool(library.on_ground[row]),
                library.origins[row],
                library.bands[row],
                None if options.class_name else mineral,
            )
        )
    found.passed_over.extend(_unwanted(path, len(library.names) - len(rows)))


def _is_wanted(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(folded(name), pattern) for pattern in patterns)


def _unwanted(path: PathLike, count: int) -> list[str]:
    return [f"{path}: {count} spectra whose names were not asked for"] if count else []


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f", … ({len(names)} in all)" if len(names) > 5 else "")


def _first(lines: Sequence[str]) -> str:
    return f"{lines[0]}" + (f" (the first of {len(lines)} faults)" if len(lines) > 1 else "") if lines else "give other files"


def _show(say: Callable[[str], None], lines: Sequence[str]) -> None:
    for line in lines[:_MOST_LINES]:
        say(line)
    if len(lines) > _MOST_LINES:
        say(f"… and {len(lines) - _MOST_LINES} more like it: see the report")


def _report(library: ExemplarLibrary, found: _Collected, told: Sequence[str], alike: Sequence[str]) -> str:
    """All that is to be known of the new spectra, as plain text."""
    new = [
        f"{name}: {library.classes[library.class_index[row]].name}; {library.sources[row]}"
        for row, name in list(enumerate(library.names))[len(library.names) - len(found.exemplars) :]
    ]
    parts = {
        "New spectra, with their classes and sources": new,
        "What these classes need": told,
        "What they are taken for, without noise": alike or ["none is taken for another class"],
        "Left out because they cannot be looked for": found.refused or ["nothing"],
        "Left out besides": found.passed_over or ["nothing"],
    }
    return "\n".join(f"{title}\n" + "".join(f"  {line}\n" for line in lines) for title, lines in parts.items())
