"""From an image to its endmembers, file to file."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ... import paths
from .. import provenance
from ..arrays import IntArray
from ..atmosphere import is_uncorrected
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_geotiff, check_outputs
from ..georeferencing import Placement, find_placement
from ..libraries.exemplar_files import load_exemplars, save_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..mapping.cube import MapCube
from ..mapping.legend import Patch, paletted_qml
from ..mapping.neutral_ratio import NeutralRatio, choose_ratio
from ..mapping.placing import describe_placement, place
from ..mars.georeference import Georeference
from ..options.endmembers import EndmemberOptions
from ..options.keywords import takes
from ..progress import Progress
from ..provenance import UNCORRECTED
from ..rasters.geotiff import create_raster
from ..rasters.metadata_keys import PRODUCT_ID_KEY, PROVENANCE_KEY
from ..search.places import MapPlaces
from .chosen import Endmembers, choose_endmembers
from .exemplars import exported, library_of, mineral_class
from .figure import endmember_figure
from .lookalikes import LACKING, NOTHING, Judge, Lookalike
from .tables import endmember_rows, write_points, write_rows
from .views import BlockSpectra

#: Bands of the raster.
BANDS = ("endmember that the segment resembles most", "segment")

#: Lines that are written at once.
_LINES = 256


@dataclass(frozen=True)
class EndmemberOutputs:
    """Paths of the endmembers of an image.

    Attributes
    ----------
    segments
        int32: the endmember that each pixel's segment resembles most, and the segment, both from 1; 0 no data.
    style
        Its QGIS style.
    points
        The endmembers as points, with their spectra (GeoPackage).
    table
        The same without the spectra (CSV).
    spectra
        A picture of the spectra over what they resemble (SVG).
    exemplars
        The exemplar library (JSON); None if no endmember became an exemplar.
    provenance
        What they were made of, and how (JSON).
    """

    segments: Path
    style: Path
    points: Path
    table: Path
    spectra: Path
    exemplars: Optional[Path]
    provenance: Path


@takes(EndmemberOptions)
@recorded_inputs()
def find_endmembers(
    source: PathLike,
    output: PathLike,
    *,
    options: EndmemberOptions,
    progress: Optional[Progress] = None,
) -> EndmemberOutputs:
    """Find the few spectra that say most of what an image shows, and which of them a library lacks.

    Pixels that are alike and lie side by side make segments. Some of their mean spectra are chosen as endmembers. Each is compared
    with the library, by the score of the maps. Those that it lacks become an exemplar library of their own, which maps take.

    Parameters
    ----------
    source
        The image.
    output
        GeoTIFF of the segments; the other outputs get names that begin like its own.
    {options}

    Raises
    ------
    InputError, ParameterError, OutputError
        With one line that names what is wrong. Nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    target = check_geotiff(output)
    work = _EndmemberSearch.open(source, options)
    names = {
        "style": target.with_suffix(".qml"),
        "points": target.with_name(f"{target.stem}_points.gpkg"),
        "table": target.with_name(f"{target.stem}_table.csv"),
        "spectra": target.with_name(f"{target.stem}_spectra.svg"),
        "exemplars": target.with_name(f"{target.stem}_exemplars.json"),
        "provenance": target.with_name(f"{target.stem}_provenance.json"),
    }
    check_outputs([target, *names.values()])
    for note in work.notes:
        progress.info(note)
    for warning in work.warnings:
        progress.warn(warning)
    found = work.find(progress.part(0, 0.9))
    for line in found.told():
        progress.info(line)
    made = EndmemberOutputs(target, **names)
    if found.exemplars is None:
        made = replace(made, exemplars=None)
    record = work.record(found)
    record[provenance.RUN_ID] = provenance.run_id(record)
    with AtomicOutputs(target.parent) as outputs:
        work.write_segments(outputs, target, found.endmembers, record)
        outputs.place(made.style).write_text(work.style(found), encoding="utf-8")
        write_rows(outputs.place(made.table), found.rows)
        alike = work.library.spectra[[work.library.names.index(each.exemplar) for each in found.alike]]
        spectra = found.endmembers.spectra
        wkt = "" if work.georeference is None else work.georeference.wkt
        write_points(outputs.place(made.points), found.rows, found.places, wkt, spectra, alike, work.cube.scene.product_id)
        outputs.place(made.spectra).write_text(endmember_figure(spectra, alike, found.alike), encoding="utf-8")
        if found.exemplars is None or made.exemplars is None:
            outputs.supersede(names["exemplars"].name)
        else:
            save_exemplars(found.exemplars, outputs.place(made.exemplars))
        record["finished"] = provenance.now()
        text = json.dumps(record, indent=1, ensure_ascii=False)
        outputs.place(made.provenance).write_text(text + "\n", encoding="utf-8")
        progress.report(1, "written")
    return made


@dataclass(frozen=True)
class _ComparedEndmembers:
    """The endmembers of an image and what they resemble; ``exemplars`` is the library of them, None without any."""

    endmembers: Endmembers
    alike: list[Lookalike]
    exemplars: Optional[ExemplarLibrary]
    places: MapPlaces
    rows: list[dict[str, Any]]

    def told(self) -> list[str]:
        lacking = [row["endmember"] for row in self.rows if row["verdict"] == LACKING]
        said = f"{self.endmembers.pixels.size} segments, {len(self.rows)} endmembers"
        which = f"the library lacks {', '.join(map(str, lacking))}" if lacking else "the library lacks none of them"
        none = [] if self.exemplars is not None else ["no endmember became an exemplar: no library is written"]
        return [f"{said}; {which}", *none]


@dataclass(frozen=True)
class _EndmemberSearch:
    """An image, and what it is compared with."""

    options: EndmemberOptions
    cube: MapCube
    ratio: Optional[NeutralRatio]
    placement: Optional[Placement]
    library: ExemplarLibrary
    warnings: list[str]

    @staticmethod
    def open(source: PathLike, options: EndmemberOptions) -> _EndmemberSearch:
        library = load_exemplars(options.exemplars)
        cube = MapCube.open(source, None, options.wavelengths)
        placement, warnings = find_placement(cube.scene, options.geometry, options.crs)
        corrected = not is_uncorrected(cube.scene, cube.resample)
        warnings = [
            *warnings,
            *([] if corrected else [f"the image is {UNCORRECTED}: endmembers show carbon dioxide, not minerals"]),
        ]
        return _EndmemberSearch(options, cube, choose_ratio(options.ratio, cube.scene, 1), placement, library, warnings)

    @property
    def notes(self) -> list[str]:
        more = [each.note for each in (self.placement, self.ratio) if each is not None]
        return [*self.cube.scene.notes, *more]

    @property
    def georeference(self) -> Optional[Georeference]:
        """The georeference of the results; None in sensor space."""
        return self.cube.scene.georeference if self.placement is None else self.placement.lookup.grid.georeference

    def find(self, progress: Progress) -> _ComparedEndmembers:
        """Choose the endmembers, and compare them."""
        options, scene = self.options, self.cube.scene
        spectra = BlockSpectra(self.cube, self.ratio)
        endmembers = choose_endmembers(spectra, options.method, options.count, options.min_pixels, progress.part(0, 0.95))
        judge = Judge.of(self.cube, options.weights, options.engine)
        progress.report(0.96, "comparing with the library")
        alike = judge.lookalikes(endmembers.spectra, self.library)
        progress.report(0.98, "making exemplars")
        numbers = exported(alike, options.export)
        exemplars = None
        if numbers:
            about = scene.product_id, self.ratio is None, load_exemplars(), options.weights, progress.check
            exemplars = library_of(endmembers, alike, numbers, judge, *about)
        progress.report(1, "compared with the library")
        places = MapPlaces.of(scene, self.placement, endmembers.line, endmembers.sample)
        classes = {} if exemplars is None else {k: exemplars.classes[c] for k, c in zip(numbers, exemplars.class_index.tolist())}
        return _ComparedEndmembers(endmembers, alike, exemplars, places, endmember_rows(endmembers, alike, places, classes))

    def record(self, found: _ComparedEndmembers) -> dict[str, Any]:
        """How they were made, for their reader."""
        options = self.options
        return {
            "started": provenance.now(),
            "image": provenance.describe_scene(self.cube.scene),
            "geometry": None if self.placement is None else describe_placement(self.placement),
            "ratio": None if self.ratio is None else self.ratio.record,
            "method": options.method,
            "count": options.count,
            "smallest segment": options.min_pixels,
            "export": options.export,
            "library": provenance.describe_file(Path(options.exemplars or paths.exemplars())),
            "network": provenance.describe_file(Path(options.weights or paths.weights())),
            "segments": int(found.endmembers.pixels.size),
            "endmembers": found.rows,
            "warnings": self.warnings,
            "versions": provenance.versions(),
        }

    def write_segments(self, outputs: AtomicOutputs, path: Path, found: Endmembers, record: dict[str, Any]) -> None:
        """Write the raster, in sensor space first where it is placed on the map."""
        about = {PRODUCT_ID_KEY: self.cube.scene.product_id, PROVENANCE_KEY: f"{path.stem}_provenance.json"}
        bands: dict[str, Any] = {"band_names": BANDS, "nodata": 0, "metadata": {**about, **provenance.identity(record)}}
        lines, samples = found.segments.shape
        with outputs.scratch() as folder:
            there = outputs.place(path) if self.placement is None else folder / path.name
            with create_raster(there, lines, samples, 2, np.int32, georeference=self.cube.scene.georeference, **bands) as writer:
                for first in range(0, lines, _LINES):
                    writer.write(_planes(found, first), first)
            if self.placement is not None:
                grid = self.placement.lookup.grid
                size = grid.lines, grid.samples, 2
                with create_raster(outputs.place(path), *size, np.int32, georeference=grid.georeference, **bands) as writer:
                    for first, planes in place(there, self.placement.lookup, 0):
                        writer.write(planes, first)

    def style(self, found: _ComparedEndmembers) -> str:
        """Each endmember in the colour that its class has, if it became an exemplar."""
        shipped = load_exemplars()
        patches = []
        for row in found.rows:
            said = row["verdict"] if row["verdict"] in NOTHING else f"{row['verdict']}, like {row['lookalike']} {row['score']:.2f}"
            own = mineral_class(row["endmember"] - 1, shipped)
            patches.append(Patch(row["endmember"], own.rgb, 255, f"{own.name}: {said}"))
        return paletted_qml(patches)


def _planes(found: Endmembers, first: int) -> IntArray:
    """(2, lines, samples) the bands of some lines."""
    segments = found.segments[first : first + _LINES]
    return np.stack([found.of_pixels(first, _LINES), segments + 1]).astype(np.int32)
