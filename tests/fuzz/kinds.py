"""The kinds of damaged input: which sound files, how they are damaged, and what reads them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable
from xml.etree import ElementTree

import numpy as np

from crism_gan_plugin.core.atmosphere.recommended import recommended_scan
from crism_gan_plugin.core.atmosphere.records import read_volcano_scan
from crism_gan_plugin.core.batch.finished import is_finished
from crism_gan_plugin.core.continuum_cube import remove_continuum_scene
from crism_gan_plugin.core.georeferencing.geolocation import read_geometry
from crism_gan_plugin.core.instrument.product_names import parse_product_name
from crism_gan_plugin.core.libraries import load_exemplars, save_exemplars
from crism_gan_plugin.core.libraries.importers import read_envi_library
from crism_gan_plugin.core.mapping.legend import legend_entries, style_qml
from crism_gan_plugin.core.mapping.pipeline import MapOutputs
from crism_gan_plugin.core.mosaic.composite import make_composite
from crism_gan_plugin.core.mosaic.maps import open_map
from crism_gan_plugin.core.network.discriminator import Discriminator
from crism_gan_plugin.core.network.weights import load_weights
from crism_gan_plugin.core.options.threshold_text import parse_class_thresholds
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.products.wavelengths import read_wavelength_file

from . import samples
from .mutators import mutate_bytes, mutate_json, mutate_text

Files = dict[str, bytes]


@dataclass(frozen=True)
class Kind:
    """One kind of damaged input.

    Attributes
    ----------
    name
        As the command line has it.
    sound
        Makes the sound files.
    damage
        Gives the files with some of them damaged.
    read
        Reads those in a folder; what it writes goes into a folder ``out`` there. True: taken; False: refused by design, without an
        error.
    share
        Of the cases of a run over all kinds; those that take long have few.
    names_file
        Whether messages must name one of the files.
    """

    name: str
    sound: Callable[[], Files]
    damage: Callable[[random.Random, Files], Files]
    read: Callable[[Path], bool]
    share: float = 1.0
    names_file: bool = True


def _damage(rng: random.Random, files: Files, names: list[str], mutate: Callable[[random.Random, bytes], bytes]) -> Files:
    """One of the named files damaged, now and then missing or empty."""
    name = rng.choice(names)
    chance = rng.random()
    if chance < 0.005:
        return {other: data for other, data in files.items() if other != name}
    return {**files, name: b"" if chance < 0.01 else mutate(rng, files[name])}


def _text(rng: random.Random, data: bytes) -> bytes:
    return mutate_text(rng, data.decode("utf-8"))


def _json(rng: random.Random, data: bytes) -> bytes:
    return mutate_json(rng, data.decode("utf-8"))


def _text_of(*endings: str) -> Callable[[random.Random, Files], Files]:
    """Damages the text files with these endings, and now and then the bytes of the others."""

    def damage(rng: random.Random, files: Files) -> Files:
        names = [name for name in files if name.lower().endswith(endings)]
        others = [name for name in files if name not in names]
        if others and rng.random() < 0.1:
            return _damage(rng, files, others, mutate_bytes)
        return _damage(rng, files, names, _text)

    return damage


def _bytes_of(*endings: str) -> Callable[[random.Random, Files], Files]:
    def damage(rng: random.Random, files: Files) -> Files:
        return _damage(rng, files, [name for name in files if name.lower().endswith(endings)], mutate_bytes)

    return damage


def _open(path: Path) -> bool:
    with open_scene(path) as scene:
        block = scene.read(0, min(scene.lines, 4))
        assert block.shape == (min(scene.lines, 4), scene.samples, scene.axis.bands)
        assert (np.diff(scene.axis.wavelengths_nm) > 0).all()
    return True


def _read_wavelengths(folder: Path) -> bool:
    for file in sorted(folder.iterdir()):
        if file.suffix in (".txt", ".csv", ".tab"):
            table = read_wavelength_file(file, 12, 5)
            assert np.isfinite(table.nm).sum() >= 2
    return True


def _one_text(rng: random.Random, files: Files) -> Files:
    name = rng.choice(list(files))
    return _damage(rng, {name: files[name]}, [name], _text)


def _read_exemplars(folder: Path) -> bool:
    library = load_exemplars(folder / "library.json")
    (folder / "out").mkdir()
    again = load_exemplars(save_exemplars(library, folder / "out" / "again.json"))
    assert (again.names, again.classes, again.sources) == (library.names, library.classes, library.sources)
    assert np.isfinite(library.spectra).all()
    style = ElementTree.fromstring(style_qml(legend_entries(library)).encode())
    labels = [entry.get("label") for entry in style.iter("paletteEntry")]
    assert labels[::2] == library.class_names
    return True


def _read_spectra(folder: Path) -> bool:
    """Each file as an exemplar library of its own, as `EXEMPLARS` takes it, and what was read as a library that can be written."""
    names = sorted(file for file in folder.iterdir() if "Wavelengths" not in file.name)
    (folder / "out").mkdir()
    for file in names:
        library = load_exemplars(file)
        assert np.isfinite(library.spectra).all() and (library.spectra > 0).all()
        again = load_exemplars(save_exemplars(library, folder / "out" / "again.json"))
        (folder / "out" / "again.json").unlink()
        assert (again.names, again.classes, again.sources) == (library.names, library.classes, library.sources)
        assert np.array_equal(again.spectra, library.spectra)
    return True


def _damage_one_text(rng: random.Random, files: Files) -> Files:
    """One file damaged, with the wavelengths that it may need."""
    name = rng.choice(list(files))
    chosen = {other: data for other, data in files.items() if other == name or "Wavelengths" in other or "Opal" in name + other}
    return _damage(rng, chosen, [name], _text if rng.random() < 0.9 else mutate_bytes)


def _read_weights(folder: Path) -> bool:
    discriminator = Discriminator(load_weights(folder / "w.npz"), "numpy")
    with np.errstate(all="ignore"):  # weights may be large
        assert discriminator.features(np.linspace(0.5, 1, 480, dtype=np.float32).reshape(2, 240)).shape[0] == 2
    return True


def _damage_weights(rng: random.Random, files: Files) -> Files:
    if rng.random() < 0.4:
        return _damage(rng, files, ["w.json"], _json)
    return _damage(rng, files, ["w.npz"], mutate_bytes)


def _read_library(folder: Path) -> bool:
    library = read_envi_library(folder / "lib.sli")
    assert len(library.minerals) == len(library.absorption)
    return True


def _read_scan(folder: Path) -> bool:
    scan = read_volcano_scan(folder / f"{samples.SCAN}.IMG")
    assert scan.transmission.shape[1] == scan.rows.size
    return True


def _read_geometry(folder: Path) -> bool:
    found = read_geometry(folder / f"{samples.GEOMETRY}.lbl", 3, 4, parse_product_name(samples.STEM))
    assert found.shape == (3, 4)
    return True


def _read_record(folder: Path) -> bool:
    stem = folder / "x_minerals"
    outputs = MapOutputs(
        stem.with_suffix(".tif"),
        stem.with_name("x_minerals_evidence.tif"),
        stem.with_suffix(".qml"),
        stem.with_name("x_minerals_provenance.json"),
    )
    return is_finished(outputs, json.loads(samples.finished_record()))


def _damage_map(rng: random.Random, files: Files) -> Files:
    chance = rng.random()
    if chance < 0.35:
        return _damage(rng, files, ["x_minerals_provenance.json"], _json)
    if chance < 0.7:
        return _damage(rng, files, ["x_minerals.tif.aux.xml", "x_minerals.qml"], _text)
    return _damage(rng, files, ["x_minerals.tif", "x_minerals_evidence.tif"], mutate_bytes)


def _open_map(folder: Path) -> bool:
    found = open_map(folder / "x_minerals.tif")
    planes = found.read(0, 0, found.samples, found.lines)
    assert 1 <= len(planes) <= 2
    assert all(plane.shape == (found.lines, found.samples) for plane in planes)
    return True


def _compose(folder: Path) -> bool:
    (folder / "out").mkdir()
    make_composite([folder / "x_minerals.tif", folder / "sound.tif"], folder / "out" / "c.tif")
    style = folder / "out" / "c.qml"
    ElementTree.fromstring(style.read_bytes())
    return True


def _remove_continuum(folder: Path) -> bool:
    (folder / "out").mkdir()
    image = folder / "x.img" if (folder / "x.img").exists() else folder / "x.tif"
    remove_continuum_scene(image, folder / "out" / "ratio.tif", continuum_out=folder / "out" / "hull.tif")
    return True


def _parse_thresholds(folder: Path) -> bool:
    items = (folder / "items.txt").read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    thresholds = parse_class_thresholds(items)
    assert all(len(pair) == 2 for pair in thresholds.values())
    return True


def _thresholds() -> Files:
    return {"items.txt": b"kaolinite=0.8,0.93\ntalc = 0.7, 0.9\nMg-carbonate=0.85,0.95"}


def _find_recommended(folder: Path) -> bool:
    for observation in ("0000A09C", "A0A0", "1"):
        scan = recommended_scan(observation, folder / "crism_obs_info.txt")
        assert scan is None or len(scan) == 5
    return True


_ENVI = _text_of(".hdr")

KINDS = {
    kind.name: kind
    for kind in (
        Kind("labels", samples.product, _text_of(".lbl"), lambda folder: _open(folder / f"{samples.STEM}.lbl"), 3),
        Kind("headers", samples.envi_cube, _ENVI, lambda folder: _open(folder / "x.img"), 3),
        Kind("geotiffs", samples.geotiff, _bytes_of(".tif"), lambda folder: _open(folder / "x.tif"), 2),
        Kind("wavelengths", samples.wavelength_texts, _one_text, _read_wavelengths, 2),
        Kind("wavelength cubes", samples.product, _text_of(".hdr"), lambda folder: _open(folder / f"{samples.STEM}.lbl")),
        Kind("exemplars", samples.exemplars, lambda rng, files: _damage(rng, files, ["library.json"], _json), _read_exemplars, 2),
        Kind("spectra", samples.laboratory_texts, _damage_one_text, _read_spectra, 2),
        Kind("archives", samples.archive, _bytes_of(".zip"), _read_spectra),
        Kind("weights", samples.weights, _damage_weights, _read_weights),
        Kind("libraries", samples.spectral_library, _ENVI, _read_library),
        Kind("scans", samples.volcano_scan, _text_of(".lbl"), _read_scan),
        Kind("geometries", samples.geometry, _text_of(".lbl"), _read_geometry),
        Kind("records", samples.finished_map, _damage_map, _read_record),
        Kind("maps", samples.finished_map, _damage_map, _open_map),
        Kind("composites", samples.two_maps, _damage_map, _compose, 0.1),
        Kind("continuum", samples.envi_cube, _ENVI, _remove_continuum, 0.3),
        Kind(
            "thresholds",
            _thresholds,
            lambda rng, files: {"items.txt": _text(rng, files["items.txt"])},
            _parse_thresholds,
            names_file=False,
        ),
        Kind("scan tables", samples.scan_table, _one_text, _find_recommended),
    )
}

#: Images of both formats are worth a continuum.
KINDS["continuum of geotiffs"] = replace(
    KINDS["continuum"], name="continuum of geotiffs", sound=samples.geotiff, damage=_bytes_of(".tif")
)
