"""The rules: which absorptions a mineral must have, and which it must not have.

Absorptions are summary parameters under their names in the archive (`summary_parameters.table`). That presence and absence of
features tell hydrated minerals is Carter, Poulet, Bibring, Mangold & Murchie (2013, J. Geophys. Res. Planets 118, 831, doi
10.1029/2012JE004145). They publish no table of numbers. The features stand for what Viviano-Beck and others (2014, doi
10.1002/2014JE004627) say that each parameter shows, and the thresholds are ours.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A mineral, and how it is told.

    Attributes
    ----------
    mineral
        What the rule names, in words.
    code
        The class that stands for it in a map.
    required
        Absorptions that it has.
    forbidden
        Absorptions that it lacks.
    """

    mineral: str
    code: int
    required: tuple[str, ...]
    forbidden: tuple[str, ...] = ()


#: A band at 1.75 µm is gypsum's or alunite's, one at 2.5 µm beside that at 2.3 µm is a carbonate's. Where a rule covers several
#: minerals, the map shows one of them.
RULES = (
    Rule("kaolinite", 15, ("MIN2200",), ("BD1750_2",)),
    Rule("Al-smectite", 16, ("BD2210_2", "BD1900_2"), ("MIN2200",)),
    Rule("illite/muscovite", 17, ("BD2210_2", "BD2355")),
    Rule("hydrated silica", 27, ("MIN2250", "BD1900_2"), ("BD1750_2",)),
    Rule("Fe/Mg-smectite", 19, ("BD2290", "D2300", "BD1900_2"), ("BD2500_2",)),
    Rule("chlorite or prehnite", 24, ("BD2355",), ("BD1900_2",)),
    Rule("serpentine", 22, ("D2300", "BD2100_2")),
    Rule("carbonate", 6, ("MIN2295_2480", "BD2500_2")),
    Rule("monohydrated sulfate", 8, ("BD2100_2", "SINDEX2"), ("BD1750_2",)),
    Rule("polyhydrated sulfate", 9, ("BD1900_2", "SINDEX2"), ("BD2100_2", "BD1750_2")),
    Rule("gypsum", 13, ("BD1750_2", "BD1900_2", "SINDEX2"), ("BD2100_2",)),
    Rule("alunite", 11, ("BD1750_2", "BD2165")),
    Rule("jarosite", 12, ("BD2265",)),
    Rule("zeolite", 26, ("BD1900_2", "BD1400", "BD2500_2")),
)


def features_of(rules: tuple[Rule, ...] = RULES) -> tuple[str, ...]:
    """The summary parameters that rules ask for, each once."""
    return tuple(dict.fromkeys(name for rule in rules for name in (*rule.required, *rule.forbidden)))
