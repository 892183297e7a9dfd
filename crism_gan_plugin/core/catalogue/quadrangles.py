"""The thirty quadrangles of Mars, by which a catalogue is divided: geologists know their names, and browsers bear their sizes.

Source: the 1:5,000,000 series of maps of the U.S. Geological Survey (MC-1 … MC-30). Longitudes to the east.
"""

from __future__ import annotations

from dataclasses import dataclass

_EQUATORIAL = {
    "north": "Amazonis,Tharsis,Lunae Palus,Oxia Palus,Arabia,Syrtis Major,Amenthes,Elysium",
    "south": "Memnonia,Phoenicis Lacus,Coprates,Margaritifer Sinus,Sinus Sabaeus,Iapygia,Mare Tyrrhenum,Aeolis",
}
_MIDDLE = {
    "north": "Diacria,Arcadia,Mare Acidalium,Ismenius Lacus,Casius,Cebrenia",
    "south": "Phaethontis,Thaumasia,Argyre,Noachis,Hellas,Eridania",
}

#: Latitudes between which quadrangles of one kind lie.
_TROPIC, _POLAR = 30.0, 65.0


@dataclass(frozen=True)
class Quadrangle:
    """A quadrangle: its number in the series, and its name."""

    number: int
    name: str

    @property
    def id(self) -> str:
        """``mc-13``."""
        return f"mc-{self.number:02d}"

    @property
    def title(self) -> str:
        """``MC-13 Syrtis Major``."""
        return f"MC-{self.number:02d} {self.name}"


def _band(first: int, names: str) -> tuple[Quadrangle, ...]:
    return tuple(Quadrangle(first + place, name) for place, name in enumerate(names.split(",")))


#: From 180° W to the east, in the order of their latitudes.
_NORTH, _SOUTH = Quadrangle(1, "Mare Boreum"), Quadrangle(30, "Mare Australe")
_BANDS = {
    ("middle", "north"): _band(2, _MIDDLE["north"]),
    ("equatorial", "north"): _band(8, _EQUATORIAL["north"]),
    ("equatorial", "south"): _band(16, _EQUATORIAL["south"]),
    ("middle", "south"): _band(24, _MIDDLE["south"]),
}

QUADRANGLES = (_NORTH, *(each for band in _BANDS.values() for each in band), _SOUTH)


def quadrangle_of(longitude: float, latitude: float) -> Quadrangle:
    """The quadrangle of a place: east longitude and planetocentric latitude in degrees.

    Examples
    --------
    >>> from crism_gan_plugin.core.catalogue.quadrangles import quadrangle_of
    >>> quadrangle_of(77.4, 18.4).title
    'MC-13 Syrtis Major'
    """
    if abs(latitude) >= _POLAR:
        return _NORTH if latitude > 0 else _SOUTH
    kind = "equatorial" if abs(latitude) < _TROPIC else "middle"
    band = _BANDS[kind, "north" if latitude >= 0 else "south"]
    place = ((longitude + 180) % 360) / 360
    return band[min(int(place * len(band)), len(band) - 1)]
