"""Sound files of every kind, as small as they can be: what the mutators damage."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from crism_gan_plugin.core.instrument.product_names import parse_product_name
from crism_gan_plugin.core.libraries import load_exemplars
from crism_gan_plugin.core.mapping.pipeline import MapJob, prepare_map
from crism_gan_plugin.core.mars.georeference import Georeference
from crism_gan_plugin.core.network.weights import DiscriminatorWeights, save_weights
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.rasters.geotiff import create_raster
from crism_gan_plugin.core.simulation.track import write_geometry
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

Files = dict[str, bytes]

STEM = "frt0000abcd_07_if164l_trr3"
GEOMETRY = "frt0000abcd_07_de164l_ddr1"
TABLE = "CDR450000000001_WA0300000L_3"
SCAN = "ADR10000000000_0A93E_VS33L_8"

LABEL = """PDS_VERSION_ID = PDS3
/* made by a test */
PRODUCT_ID = "{id}"
START_TIME = 2009-08-14T03:06:23.829
MRO:SENSOR_ID = "L"
MRO:WAVELENGTH_FILE_NAME = "{table}.IMG"
SOLAR_DISTANCE = 218928627.2 <KM>
MRO:FRAME_RATE = 3.75 <HZ>
SOURCE_PRODUCT_ID = {{"A", "B"}}
OBJECT = FILE
  ^IMAGE = ("{id}.IMG", 1)
  ^ROWNUM_TABLE = ("{id}.IMG", 9)
  RECORD_TYPE = FIXED_LENGTH
  RECORD_BYTES = {record}
  FILE_RECORDS = {records}
  OBJECT = IMAGE
    LINES = {lines}
    LINE_SAMPLES = {samples}
    SAMPLE_TYPE = PC_REAL
    SAMPLE_BITS = 32
    MISSING_CONSTANT = 65535
    BANDS = {bands}
    BAND_STORAGE_TYPE = LINE_INTERLEAVED
  END_OBJECT = IMAGE
END_OBJECT = FILE
END
"""

#: A cylinder on the sphere of Mars, as WKT.
MARS = (
    'PROJCS["Equirectangular Mars",GEOGCS["Mars",DATUM["Mars",SPHEROID["Mars",3396190,0]],PRIMEM["Reference_Meridian",0],'
    'UNIT["degree",0.0174532925199433]],PROJECTION["Equirectangular"],PARAMETER["standard_parallel_1",0],'
    'PARAMETER["central_meridian",0],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]'
)
PLACE = Georeference(MARS, (4.58e6, 18.0, 0.0, 1.09e6, 0.0, -18.0))

_AXIS = np.linspace(1000, 2650, 12)


def read_folder(folder: Path) -> Files:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()}


def _label(stem: str, lines: int, samples: int, bands: int, tail: int, table: str = TABLE) -> bytes:
    size = {"lines": lines, "samples": samples, "bands": bands, "record": samples * 4}
    records = lines * bands + tail // (samples * 4)
    return LABEL.format(id=stem.upper(), table=table, records=records, **size).encode()


@lru_cache(None)
def product() -> Files:
    """A TRR3: label, image with its table of rows, and the wavelength table with header."""
    bands, lines, samples = _AXIS.size, 2, 5
    cube = np.linspace(0.1, 0.3, bands * lines * samples, dtype="<f4").tobytes()
    rows = np.arange(bands, dtype=">u2").tobytes().ljust(40, b"\0")
    table = np.repeat(_AXIS[:, None], samples, 1).astype("<f4").tobytes()
    header = f"ENVI\nsamples = {samples}\nlines = 1\nbands = {bands}\ndata type = 4\ninterleave = bil\nbyte order = 0\n"
    return {
        f"{STEM}.lbl": _label(STEM, lines, samples, bands, len(rows)),
        f"{STEM}.img": cube + rows,
        f"{TABLE}.IMG": table,
        f"{TABLE}.HDR": header.encode(),
    }


@lru_cache(None)
def laboratory_texts() -> Files:
    """A spectrum in each form of text that laboratories give out, and in columns; USGS's wavelengths are a file of their own."""
    nm = np.arange(1000.0, 2660.0, 20.0)
    values = 0.5 - 0.2 * np.exp(-0.5 * ((nm - 2200) / 40) ** 2)
    pairs = [f"{one / 1000:.4f} {other:.5f}" for one, other in zip(nm, values)]
    usgs = {"Wavelengths_BECK": ("Wavelengths BECK", nm / 1000), "Opal_BECKb": ("Opal WS732      BECKb AREF", values)}
    head = "Name: Opal\nX Units: Wavelength (micrometers)\nY Units: Reflectance (percent)\n"
    mica = [f"{one / 1000:.4f}, {other:.5f}, 0.2, {other:.5f}, 0.2, 0.2, 0.2" for one, other in zip(nm, values)]
    texts = {
        **{
            f"splib07a_{name}.txt": "\n".join([f"splib07a Record=1: {title}", *map(str, row)])
            for name, (title, row) in usgs.items()
        },
        "opal.spectrum.txt": f"{head}Number of X Values: {nm.size}\n\n" + "\n".join(pairs),
        "bkr1aa001.asc": f"  {nm.size}\n" + "\n".join(f"{pair} 0.001" for pair in pairs) + "\n\n\n\nBKR1AA001\n\nOpal\n",
        "crism_typespec_opal.tab": "\n".join(mica),
        "columns.csv": "wavelength (um),opal,std dev\n" + "\n".join(",".join([*pair.split(), "0.1"]) for pair in pairs),
    }
    return {name: f"{text}\n".encode() for name, text in texts.items()}


@lru_cache(None)
def archive() -> Files:
    """The same in an archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in laboratory_texts().items():
            if not name.startswith("crism"):
                opened.writestr(zipfile.ZipInfo(f"data/{name}"), data)
    return {"spectra.zip": made.getvalue()}


@lru_cache(None)
def envi_cube() -> Files:
    """An ENVI image with header, on the map."""
    cube = np.linspace(0.1, 0.3, _AXIS.size * 6, dtype="<f4")
    lists = {"wavelength": _AXIS, "fwhm": np.full(_AXIS.size, 10.0), "bbl": np.ones(_AXIS.size, int)}
    text = "".join(f"{key} = {{{', '.join(map(str, values.round(2).tolist()))}}}\n" for key, values in lists.items())
    header = (
        f"ENVI\ndescription = {{a cube,\n made by a test}}\nsamples = 3\nlines = 2\nbands = {_AXIS.size}\nheader offset = 0\n"
        "file type = ENVI Standard\ndata type = 4\ninterleave = bil\nbyte order = 0\ndata ignore value = 65535\n"
        "map info = {Equirectangular Mars, 1, 1, 4580000, 1090000, 18, 18, units=Meters}\n"
        f"wavelength units = Nanometers\n{text}"
    )
    return {"x.hdr": header.encode(), "x.img": cube.tobytes()}


@lru_cache(None)
def geotiff() -> Files:
    """A GeoTIFF whose bands have wavelengths."""
    with tempfile.TemporaryDirectory() as name:
        items = [{"wavelength": f"{nm:.2f}", "wavelength_units": "Nanometers"} for nm in _AXIS]
        path = Path(name) / "x.tif"
        with create_raster(
            path,
            2,
            3,
            _AXIS.size,
            np.float32,
            nodata=-1,
            georeference=PLACE,
            band_metadata=items,
            metadata={"ATMOSPHERE_CORRECTED": "yes"},
        ) as writer:
            writer.write(np.linspace(0.1, 0.3, _AXIS.size * 6, dtype=np.float32).reshape(_AXIS.size, 2, 3), 0)
        return read_folder(Path(name))


@lru_cache(None)
def wavelength_texts() -> Files:
    """Wavelength tables as text, of every form, for 12 bands."""
    rows = list(enumerate(_AXIS.round(3).tolist()))
    return {
        "plain.txt": "\n".join(f"{nm}" for _, nm in rows).encode(),
        "numbered.txt": "\n".join(f"{k} {nm}" for k, nm in rows).encode(),
        "widths.csv": ("wavelength,fwhm\n" + "\n".join(f"{nm},6.5" for _, nm in rows)).encode(),
        "wv.tab": "\n".join(f'"L", {k}, {nm}, 6.55, 1' for k, nm in rows).replace('"L"', "1").encode(),
        "commented.txt": ("# band wavelength\n; µm\n" + "\n".join(f"{nm / 1000:.5f}" for _, nm in rows)).encode(),
    }


@lru_cache(None)
def exemplars() -> Files:
    """A library with a spectrum of each form."""
    axis = np.linspace(1000, 2650, 40).round(2)
    ratio = (0.9 - 0.1 * np.exp(-0.5 * ((axis - 2200) / 40) ** 2)).round(4)
    flags = {"default_on": True, "low_confidence": False}
    data = {
        "format": "crism-gan-exemplars",
        "version": 1,
        "classes": [
            {"code": 15, "name": "kaolinite", "rgb": [139, 69, 19], **flags},
            {"code": 21, "name": "talc", "rgb": [250, 10, 120], **flags},
        ],
        "spectra": [
            {"name": "one", "class": "kaolinite", "source": "s", "bands": [[2200, 20, 0.1, 0.1], [1400, 15, 0, 0.05]]},
            {"name": "two", "class": "talc", "source": "t", "wavelengths_nm": axis.tolist(), "reflectance_ratio": ratio.tolist()},
        ],
    }
    return {"library.json": json.dumps(data).encode()}


@lru_cache(None)
def weights() -> Files:
    """A discriminator of a few filters, and its card."""
    rng, kernels, biases, inputs = np.random.default_rng(0), [], [], 2
    for filters in (2, 2, 3, 4):
        kernels.append(rng.normal(0, 0.3, (filters, 11, inputs)).astype(np.float32))
        biases.append(np.zeros(filters, np.float32))
        inputs = filters
    card = {
        "depth": 0.1,
        "negative_slope": 0.2,
        "calibration": {"cosine": [-1, 0.5, 1], "score": [-1, 0.7, 1]},
        "ground_calibration": {"noise": [0, 0.01], "cosine": [[-1, 0.5, 1], [-1, 0.4, 1]], "score": [-1, 0.7, 1]},
        "training": {"steps": 3},
    }
    with tempfile.TemporaryDirectory() as name:
        save_weights(DiscriminatorWeights(tuple(kernels), tuple(biases), card), Path(name) / "w.npz")
        return read_folder(Path(name))


@lru_cache(None)
def spectral_library() -> Files:
    """An ENVI spectral library."""
    axis = np.arange(1000.0, 2700.0, 20.0)
    spectra = np.array([0.5 - 0.2 * np.exp(-0.5 * ((axis - centre) / 30) ** 2) for centre in (1900, 2200, 2310)])
    header = (
        f"ENVI\ndescription = {{a library}}\nsamples = {axis.size}\nlines = 3\nbands = 1\nheader offset = 0\n"
        "file type = ENVI Spectral Library\ndata type = 4\ninterleave = bsq\nbyte order = 0\nwavelength units = Nanometers\n"
        f"wavelength = {{{', '.join(map(str, axis.tolist()))}}}\nspectra names = {{Opal A,\n Kaolinite B,\n Talc C}}\n"
    )
    return {"lib.sli": spectra.astype("<f4").tobytes(), "lib.hdr": header.encode()}


@lru_cache(None)
def volcano_scan() -> Files:
    """An ADR record: transmission and artifacts of few bands, with the table of rows, and its label."""
    bands, columns = 24, 64
    numbers = np.concatenate([np.linspace(0.8, 1, bands * columns), np.zeros(2 * bands * columns)]).astype("<f4")
    rows = np.arange(260, 260 + 2 * bands, 2, dtype=">u2").tobytes()
    tail = rows.ljust(columns * 4, b"\0")
    return {f"{SCAN}.LBL": _label(SCAN, 3, columns, bands, len(tail)), f"{SCAN}.IMG": numbers.tobytes() + tail}


@lru_cache(None)
def geometry() -> Files:
    """A DDR of 3 × 4 pixels."""
    with tempfile.TemporaryDirectory() as name:
        latitude, longitude = np.meshgrid(np.linspace(18.1, 18, 3), np.linspace(77, 77.1, 4), indexing="ij")
        write_geometry(Path(name) / f"{GEOMETRY}.lbl", parse_product_name(GEOMETRY), latitude, longitude)
        return read_folder(Path(name))


@lru_cache(None)
def scan_table() -> Files:
    """Rows of the team's table of recommended volcano scans."""
    row = "{} FRT 2006-10-{:02d}T12:00:00.000 0846{:06d}.12345 -61.2 {} {}"
    rows = [row.format(f"{0xA09C + k:08X}", k + 1, 7 * k, f"0A9{k:02X}", f"0B1{k:02X}") for k in range(12)]
    return {"crism_obs_info.txt": ("obs class date clock bench mcguire pelkey\n" + "\n".join(rows) + "\n").encode()}


@lru_cache(None)
def _finished() -> tuple[Files, str]:
    """The files of a map of 4 × 3 pixels, on the map of Mars, and what its record says."""
    library = load_exemplars()
    ratios = library.spectra[[0, 5, 9, 12, 20, 30, 40, 41, 0, 5, 9, 12]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        items = [{"wavelength": f"{nm:.4f}", "wavelength_units": "Nanometers"} for nm in WAVELENGTHS_NM]
        with create_raster(folder / "x.tif", 4, 3, 240, np.float32, georeference=PLACE, band_metadata=items) as writer:
            writer.write(0.25 * ratios.T.reshape(240, 4, 3).astype(np.float32), 0)
        for file, data in weights().items():
            (folder / file).write_bytes(data)
        _job(folder).run(Progress())
        made = read_folder(folder)
        return made, json.dumps(_job(folder).record)


def _job(folder: Path) -> MapJob:
    options = MapOptions(weights=folder / "w.npz", identification=0.9, guess=0.5, best_guess=0.1, scales=(1,))
    return prepare_map(folder / "x.tif", folder, options)


def finished_map() -> Files:
    """Classes with their table, evidence, style and record of one run."""
    return {name: data for name, data in _finished()[0].items() if name.startswith("x_")}


def two_maps() -> Files:
    """The map and a copy of it under another name."""
    files = finished_map()
    copies = {
        "x_minerals.tif": "sound.tif",
        "x_minerals.tif.aux.xml": "sound.tif.aux.xml",
        "x_minerals_evidence.tif": "sound_evidence.tif",
    }
    return {**files, **{new: files[old] for old, new in copies.items()}}


def finished_record() -> str:
    """What the same run would write into its record before it begins, as JSON."""
    return _finished()[1]
