"""The lookup table against the DDR's own coordinates, which GDAL, SciPy and brute force find their own way to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import osr

from crism_gan_plugin.core.georeferencing import Geolocation, Lookup, choose_grid, make_lookup, place_nearest, read_geometry
from crism_gan_plugin.core.georeferencing.lookup import _UnfinishedLookup
from crism_gan_plugin.core.mars.areas import pixel_areas
from crism_gan_plugin.core.simulation import Track

ndimage, spatial = pytest.importorskip("scipy.ndimage"), pytest.importorskip("scipy.spatial")

PLACES = {
    "Jezero": (Track(18.44, 77.35), None),
    "across 180": (Track(-5.0, 179.995), None),
    "across 180 in degrees": (Track(30.0, -179.995), "IAU_2015:49900"),
    "across 180 in sinusoidal": (Track(30.0, -179.995), "IAU_2015:49920"),
    "north pole": (Track(89.98, 30.0), None),
    "south pole": (Track(-89.99, -100.0), None),
    "polar across 180": (Track(-75.0, 179.99), None),
    "far north on a cylinder": (Track(80.0, 100.0), "IAU_2015:49910"),
    "strongly bent": (Track(0.0, 0.0, waist=0.3, bow=0.4, unevenness=0.6, tilt_deg=40), None),
}


def map_places(lookup: Lookup) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of the map's pixels, by GDAL."""
    left, width, _, top, _, height = lookup.grid.georeference.transform
    x, y = np.meshgrid(left + (np.arange(lookup.grid.samples) + 0.5) * width, top + (np.arange(lookup.grid.lines) + 0.5) * height)
    system = osr.SpatialReference(lookup.grid.georeference.wkt)
    degrees = system.CloneGeogCS()
    for each in (system, degrees):
        each.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    points = osr.CoordinateTransformation(system, degrees).TransformPoints(np.column_stack([x.ravel(), y.ravel()]).tolist())
    longitude, latitude, _ = np.array(points).T
    return latitude.reshape(x.shape), longitude.reshape(x.shape)


def directions(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    latitude, longitude = np.radians(latitude, dtype=float), np.radians(longitude, dtype=float)
    return np.stack([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], -1)


def errors(found: Geolocation, lookup: Lookup) -> tuple[np.ndarray, np.ndarray]:
    """Of each map pixel in the scene: metres to the place that the table says, and to the centre of the nearest image pixel."""
    ours, theirs = directions(found.latitude, found.longitude), directions(*map_places(lookup))
    inner = np.isfinite(lookup.line) & (lookup.line >= 0) & (lookup.line <= found.shape[0] - 1)
    inner &= (lookup.sample >= 0) & (lookup.sample <= found.shape[1] - 1)
    places = np.array([lookup.line[inner], lookup.sample[inner]])
    between = np.stack([ndimage.map_coordinates(ours[..., axis], places, order=1) for axis in range(3)], -1)
    nearest = ours[tuple(np.floor(places + 0.5).astype(int))]
    return tuple(3396190 * np.linalg.norm(each - theirs[inner], axis=-1) for each in (between, nearest))


@pytest.mark.parametrize("place", PLACES)
def test_simulated_geometry(simulated: Callable, place: str) -> None:
    track, crs = PLACES[place]
    found = simulated(track, 60, 64)
    grid = choose_grid(found, crs)
    exact, nearest = errors(found, make_lookup(found, grid))
    # float32 degrees are up to 0.9 m coarse; between pixels, a straight line on the map is not quite one on the planet
    assert exact.max() < 0.1 * track.pixel_m
    if place != "strongly bent":  # whose pixels differ in size
        assert np.median(nearest) <= 0.5 * track.pixel_m
        assert np.percentile(nearest, 95) <= track.pixel_m


def test_a_full_size_image(simulated: Callable) -> None:
    found = simulated(Track(18.44, 77.35), 480, 640)
    lookup = make_lookup(found, choose_grid(found))
    exact, nearest = errors(found, lookup)
    assert exact.max() < 1
    assert np.median(nearest) <= 0.5 * 18
    assert np.percentile(nearest, 95) <= 18


def test_the_real_ddr(real_ddr: Path) -> None:
    """A side scan, its columns 0.45 km apart and its lines 0.3 to 3.1 km, that turns back on itself after its tenth line."""
    found = read_geometry(real_ddr, 15, 64)
    lookup = make_lookup(found, choose_grid(found))
    pixel = lookup.grid.georeference.pixel_size[0]
    _, nearest = errors(found, lookup)
    assert np.median(nearest) <= 0.5 * pixel
    assert np.percentile(nearest, 95) <= pixel
    # and from the image's side: each pixel of the scene that is on the map is there at its own coordinates
    seen = np.isfinite(lookup.line)
    line, sample = (np.floor(place[seen] + 0.5).astype(int) for place in (lookup.line, lookup.sample))
    latitude, longitude = (plane[seen] for plane in map_places(lookup))
    number = line * 64 + sample
    count = np.bincount(number, minlength=15 * 64)
    middle = [
        np.bincount(number, weights=values, minlength=15 * 64)[count > 0] / count[count > 0] for values in (latitude, longitude)
    ]
    shown = count.reshape(15, 64) > 0
    away = 3396190 * np.linalg.norm(directions(*middle) - directions(found.latitude[shown], found.longitude[shown]), axis=-1)
    assert np.median(away) <= 0.5 * pixel
    assert np.percentile(away, 95) <= pixel
    assert not shown[:, :3].any()
    assert not shown[:, 63:].any()
    assert shown[:, 3:63].mean() > 0.8


def test_where_lines_do_not_turn_back_the_table_is_exact_on_the_real_ddr(real_ddr: Path) -> None:
    found = read_geometry(real_ddr, 15, 64)
    found = Geolocation(found.path, found.latitude[:9], found.longitude[:9], found.columns)
    exact, nearest = errors(found, make_lookup(found, choose_grid(found)))
    assert exact.max() < 5
    assert np.median(nearest) < 0.5 * 600
    assert np.percentile(nearest, 95) < 600


def turn_back(found: Geolocation, lines: int, offset: float) -> None:
    """Let the last lines look again, in reverse order, at what the lines before them saw, ``offset`` degrees beside it."""
    for plane in (found.latitude, found.longitude):
        plane[-lines:] = plane[-2 * lines : -lines][::-1] + offset


@pytest.mark.parametrize("place", ["Jezero", "north pole", "across 180", "turning back"])
def test_the_nearest_pixel_is_that_of_brute_force(simulated: Callable, place: str) -> None:
    track, crs = PLACES.get(place, (Track(), None))
    found = simulated(track, 60, 64)
    if place == "turning back":
        turn_back(found, 20, 3e-5)
    lookup = make_lookup(found, choose_grid(found, crs))
    seen = np.isfinite(lookup.line)
    tree = spatial.cKDTree(directions(found.latitude, found.longitude).reshape(-1, 3))
    _, nearest = tree.query(directions(*map_places(lookup))[seen])
    ours = np.floor(lookup.line[seen] + 0.5).astype(int) * 64 + np.floor(lookup.sample[seen] + 0.5).astype(int)
    assert (ours == nearest).mean() > 0.95  # pixels are no squares: near their edges the two differ


def test_only_the_scene_is_shown_and_all_of_it(simulated: Callable) -> None:
    found = simulated(Track(), 60, 64)
    lookup = make_lookup(found, choose_grid(found))
    seen = np.isfinite(lookup.line)
    assert np.nanmin(lookup.sample) >= 2.5
    assert np.nanmax(lookup.sample) < 62.5
    assert np.nanmin(lookup.line) >= -0.5
    assert np.nanmax(lookup.line) < 59.5
    # to the outer edges of its pixels, half a pixel beyond the centres on every side
    assert max(np.nanmin(lookup.sample) - 2.5, np.nanmin(lookup.line) + 0.5) < 0.1
    assert max(62.5 - np.nanmax(lookup.sample), 59.5 - np.nanmax(lookup.line)) < 0.1
    _, parts = ndimage.label(seen)
    assert parts == 1
    np.testing.assert_array_equal(ndimage.binary_fill_holes(seen), seen)
    shown = {tuple(pair) for pair in np.floor(np.stack([lookup.line[seen], lookup.sample[seen]], -1) + 0.5).astype(int)}
    assert len(shown) > 0.8 * 60 * 60


def test_the_far_edges_belong_to_the_last_pixels(simulated: Callable) -> None:
    """A map pixel that lies exactly there must not show the line, or the column, beyond."""
    found = simulated(Track(), 60, 64)
    table = _UnfinishedLookup(found, *(np.full((1, 2), empty, np.float32) for empty in (np.nan, np.nan, np.inf)))
    last = found.columns[1]
    table.keep(np.array([[0, 1], [0, 0]]), np.array([59.5, 10.0]), np.array([10.0, last + 0.5]), np.zeros(2, np.float32))
    lookup = Lookup(choose_grid(found), table.line, table.sample)
    index = np.arange(60 * 64, dtype=np.int32).reshape(1, 60, 64)
    assert place_nearest(index, lookup, -1)[0].tolist() == [[59 * 64 + 10, 10 * 64 + last]]


def test_the_area_on_the_map_is_that_on_the_sphere(simulated: Callable) -> None:
    """The scene's area from its pixels' corners as the centres' cells give it, to 0.1 %."""
    for track, crs in (PLACES["Jezero"], PLACES["far north on a cylinder"], PLACES["south pole"]):
        found = simulated(track, 300, 320)
        lookup = make_lookup(found, choose_grid(found, crs))
        grid = lookup.grid
        first, last = found.columns
        inner = (lookup.line >= 0) & (lookup.line <= 299) & (lookup.sample >= first) & (lookup.sample <= last)
        on_map = pixel_areas(grid.georeference, grid.lines, grid.samples).block(0, grid.lines)[inner].sum()
        corner = directions(found.latitude, found.longitude)[:, found.scene]
        diagonals = np.cross(corner[1:, 1:] - corner[:-1, :-1], corner[1:, :-1] - corner[:-1, 1:])
        on_sphere = 3396.19**2 * np.linalg.norm(diagonals, axis=-1).sum() / 2
        assert on_map == pytest.approx(on_sphere, rel=1e-3)


def test_a_class_raster_on_the_sphere_and_back(simulated: Callable) -> None:
    """Patches of classes are found again at each image pixel's own coordinates."""
    found = simulated(Track(18.44, 77.35), 120, 128)
    lookup = make_lookup(found, choose_grid(found))
    noise = ndimage.gaussian_filter(np.random.default_rng(0).standard_normal((120, 128)), 4)
    classes = np.digitize(noise, np.quantile(noise, [0.2, 0.4, 0.6, 0.8])).astype(np.uint8)
    placed = place_nearest(classes[None], lookup, 255)[0]
    left, pixel, _, top, _, _ = lookup.grid.georeference.transform
    metres = 3396190 * np.pi / 180
    column = np.floor((found.longitude.astype(float) * metres - left) / pixel).astype(int)[:, found.scene]
    line = np.floor((top - found.latitude.astype(float) * metres) / pixel).astype(int)[:, found.scene]
    back = placed[line, column]
    on_map = back != 255
    assert on_map[1:-1, 1:-1].all()  # of the outermost pixels, some lie in map pixels whose centres are outside
    assert on_map.mean() > 0.995
    assert (back == classes[:, found.scene])[on_map].mean() > 0.97
    index = np.arange(120 * 128, dtype=np.int32).reshape(1, 120, 128)
    again, once = place_nearest(index, lookup, -1)[0][line, column][on_map], index[0, :, found.scene][on_map]
    assert np.abs(again // 128 - once // 128).max() <= 1
    assert np.abs(again % 128 - once % 128).max() <= 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    tilt=st.floats(0, 360),
    waist=st.floats(-0.3, 0.3),
    bow=st.floats(-0.5, 0.5),
    pixel=st.sampled_from([18.0, 36.0, 180.0]),
)
def test_any_track_anywhere(latitude: float, longitude: float, tilt: float, waist: float, bow: float, pixel: float) -> None:
    track = Track(latitude, longitude, pixel, tilt, waist, bow)
    line, sample = np.mgrid[:20, :24]
    places = (plane.astype(np.float32) for plane in track.places(line, sample, 20, 24))
    found = Geolocation(Path("x"), *places, columns=(0, 23))
    lookup = make_lookup(found, choose_grid(found))
    exact, nearest = errors(found, lookup)
    assert exact.max() < 0.1 * pixel
    assert np.median(nearest) < 0.75 * pixel
    assert np.isfinite(lookup.line).sum() * np.prod(lookup.grid.georeference.pixel_size) > 0.9 * 20 * 24 * pixel**2 * 0.7


def test_an_unset_pixel_leaves_a_hole_and_nothing_else(simulated: Callable) -> None:
    found = simulated(Track(), 60, 64)
    grid = choose_grid(found)
    whole = make_lookup(found, grid)
    found.latitude[30, 30] = found.longitude[30, 30] = np.nan
    holed = make_lookup(found, grid)
    lost = np.isfinite(whole.line) & np.isnan(holed.line)
    assert lost.any()
    assert np.abs(whole.line[lost] - 30).max() <= 1
    assert np.abs(whole.sample[lost] - 30).max() <= 1
    kept = np.isfinite(holed.line)
    np.testing.assert_array_equal(holed.line[kept], whole.line[kept])


def test_small_portions_give_the_same_table(simulated: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    found = simulated(Track(), 40, 64)
    grid = choose_grid(found)
    whole = make_lookup(found, grid)
    monkeypatch.setattr("crism_gan_plugin.core.georeferencing.lookup._PAIRS_AT_ONCE", 700)
    monkeypatch.setattr("crism_gan_plugin.core.mars.projection._AT_ONCE", 100)
    parts = make_lookup(found, grid)
    np.testing.assert_array_equal(parts.line, whole.line)
    np.testing.assert_array_equal(parts.sample, whole.sample)


@pytest.mark.parametrize("portion", [700, 1 << 18])
@pytest.mark.parametrize("offset", [0.3, 0.45, -0.3])
def test_of_two_looks_the_nearer_one_counts(
    simulated: Callable, monkeypatch: pytest.MonkeyPatch, portion: int, offset: float
) -> None:
    """Each map pixel on ground that was seen twice shows the look whose pixel is nearest, by brute force, not the first or last."""
    monkeypatch.setattr("crism_gan_plugin.core.georeferencing.lookup._PAIRS_AT_ONCE", portion)
    found = simulated(Track(18.44, 77.35), 60, 64)
    turn_back(found, 25, offset * 18 / (3396190 * np.pi / 180))
    lookup = make_lookup(found, choose_grid(found))
    seen = np.isfinite(lookup.line) & (lookup.line > 12) & (lookup.line < 57) & (np.abs(lookup.line - 34.5) > 2)
    seen &= (lookup.sample > 6) & (lookup.sample < 58)
    ground = directions(*map_places(lookup))[seen]
    places = directions(found.latitude, found.longitude)
    first, second = (spatial.cKDTree(places[part].reshape(-1, 3)).query(ground)[0] for part in (slice(0, 35), slice(35, 60)))
    shown_second = lookup.line[seen] > 34.5
    clear = np.abs(first - second) * 3396190 > 1  # metres; degrees in float32 are coarse
    nearer_second = second < first
    assert 0.2 < nearer_second[clear].mean() < 0.8
    assert (shown_second == nearer_second)[clear].mean() > 0.97
