"""Changes of a library: what changes, what stays, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars, save_exemplars
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.libraries import ExemplarLibrary
from crism_gan_plugin.core.libraries.colours import delta_e76, deuteranopia, guess_tint
from crism_gan_plugin.core.libraries.editing import (
    USER_CODES,
    NewExemplar,
    add_exemplars,
    empty_library,
    move_exemplar,
    plain_name,
    recolour_class,
    remove_class,
    remove_exemplar,
    rename_class,
    switch_class,
    unlike,
    user_colour,
)

SHIPPED = load_exemplars()
RATIO = SHIPPED.spectra[SHIPPED.names.index("talc (ratio)")]


def new(name: str, class_name: str) -> NewExemplar:
    return NewExemplar(name, class_name, RATIO, "somewhere")


def same(one: ExemplarLibrary, other: ExemplarLibrary) -> bool:
    return (
        one.names == other.names
        and one.classes == other.classes
        and one.class_index.tolist() == other.class_index.tolist()
        and np.allclose(one.spectra, other.spectra, rtol=0, atol=1e-12)
        and one.bands == other.bands
        and one.positions.tolist() == other.positions.tolist()
    )


CHANGES: dict[str, Callable[[ExemplarLibrary], ExemplarLibrary]] = {
    "add": lambda library: add_exemplars(library, [new("mine 1", "mine"), new("talc 3", "Talc")], SHIPPED, "x"),
    "rename": lambda library: rename_class(library, "TALC", "soapstone"),
    "recolour": lambda library: recolour_class(library, "talc", (1, 2, 3)),
    "switch": lambda library: switch_class(library, "talc", False),
    "remove a class": lambda library: remove_class(library, "kaolinite"),
    "remove a spectrum": lambda library: remove_exemplar(library, "kaolinite (ratio)"),
    "move": lambda library: move_exemplar(library, "talc (ratio)", "serpentine"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_leaves_the_library_as_it_was_and_is_kept_in_a_file(tmp_path: Path, change: str) -> None:
    library = load_exemplars()
    changed = CHANGES[change](library)
    assert same(library, load_exemplars())
    assert not same(changed, library)
    assert changed.positions.tolist() == list(range(len(changed.names)))
    assert {len(changed.names)} == {len(part) for part in (changed.spectra, changed.sources, changed.bands, changed.origins)}
    assert same(load_exemplars(save_exemplars(changed, tmp_path / "x.json")), changed)


def test_new_spectra_come_last_as_variants_or_in_new_classes() -> None:
    library = CHANGES["add"](SHIPPED)
    assert library.names[:-2] == SHIPPED.names and library.names[-2:] == ["mine 1", "talc 3"]
    assert library.classes[library.class_index[-1]] == SHIPPED.classes[SHIPPED.class_names.index("talc")]
    mine = library.classes[library.class_index[-2]]
    assert (mine.code, mine.name, mine.rgb) == (33, "mine", user_colour(33, SHIPPED))
    assert mine.default_on and not mine.low_confidence


def test_a_name_of_the_plugins_brings_its_code_and_colour() -> None:
    library = add_exemplars(empty_library(), [new("a", "KAOLINITE"), new("b", "other")], SHIPPED, "x")
    assert library.classes[0] == SHIPPED.classes[SHIPPED.class_names.index("kaolinite")]
    assert library.classes[1].code == 33


def test_codes_of_classes_that_are_gone_are_not_given_out_while_others_are_free() -> None:
    library = add_exemplars(empty_library(), [new(f"s{number}", f"c{number}") for number in range(3)], SHIPPED, "x")
    library = remove_class(library, "c1")
    library = add_exemplars(library, [new("t", "d")], SHIPPED, "x")
    assert [mineral.code for mineral in library.classes] == [33, 35, 36]
    many = [new(f"t{number}", f"d{number}") for number in range(61)]
    assert [mineral.code for mineral in add_exemplars(library, many, SHIPPED, "x").classes][-1] == 34
    with pytest.raises(ParameterError, match="has 62 classes that are new, but 61 codes are free"):
        add_exemplars(library, [*many, new("u", "e")], SHIPPED, "x")


def test_renaming_keeps_the_code_and_recolouring_the_rest() -> None:
    place = SHIPPED.class_names.index("talc")
    renamed, painted, off = (CHANGES[name](SHIPPED).classes[place] for name in ("rename", "recolour", "switch"))
    talc = SHIPPED.classes[place]
    assert (renamed.name, renamed.code, renamed.rgb) == ("soapstone", talc.code, talc.rgb)
    assert (painted.rgb, painted.name) == ((1, 2, 3), "talc")
    assert not off.default_on and talc.default_on


def test_a_class_goes_with_its_last_spectrum() -> None:
    library = remove_exemplar(remove_exemplar(SHIPPED, "talc (ratio)"), "talc (numerator)")
    assert "talc" not in library.class_names and len(library.names) == len(SHIPPED.names) - 2
    moved = move_exemplar(CHANGES["move"](SHIPPED), "talc (numerator)", "serpentine")
    assert "talc" not in moved.class_names and len(moved.names) == len(SHIPPED.names)
    assert sum(moved.class_index == moved.class_names.index("serpentine")) == 4


def test_the_last_class_can_be_removed() -> None:
    one = add_exemplars(empty_library(), [new("a", "b")], SHIPPED, "x")
    assert remove_class(one, "b").names == [] == remove_exemplar(one, "a").classes


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "a spectrum twice": (lambda: add_exemplars(SHIPPED, [new("Talc (Ratio)", "talc")], SHIPPED, "x"), "has a spectrum 'Talc"),
    "a taken name": (lambda: rename_class(SHIPPED, "talc", "Kaolinite"), "has a class 'Kaolinite' already"),
    "no name": (lambda: rename_class(SHIPPED, "talc", " , "), "the new name is empty"),
    "no class": (lambda: switch_class(SHIPPED, "tlac", True), "did you mean 'talc'"),
    "no spectrum": (lambda: remove_exemplar(SHIPPED, "none"), "has none called 'none'"),
    "no colour": (lambda: recolour_class(SHIPPED, "talc", (1, 2, 300)), "give a colour"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_is_refused(kind: str) -> None:
    change, says = REFUSED[kind]
    with pytest.raises(ParameterError, match=says):
        change()


def test_names_fit_legends_and_lists_of_classes() -> None:
    assert plain_name("  a,\tb\n\u202ec ") == "a b c"
    assert len(plain_name("x" * 300)) == 100
    assert unlike("a", ["b"]) == "a" and unlike("A", ["a", "a (2)"]) == "A (3)"
    assert len(unlike("x" * 100, ["x" * 100])) <= 100
    taken = ["x" * 100]
    for _ in range(3):  # long names are cut to make room for the number, and stay different
        taken.append(unlike("x" * 100, taken))
    assert len(set(taken)) == 4


def test_colours_of_users_are_unlike_those_of_the_plugin_and_each_other() -> None:
    """Of all 64, with the plugin's 32: none is another, and the first ten are as distinct as the plugin's must be."""
    own = [mineral.rgb for mineral in SHIPPED.classes]
    first = [user_colour(code, SHIPPED) for code in USER_CODES[:10]]
    for colours in (own + first, [guess_tint(rgb) for rgb in own + first]):
        for eyes in (np.array(colours, float), deuteranopia(np.array(colours, float))):
            away = delta_e76(eyes[:, np.newaxis], eyes[np.newaxis, len(own) :])
            away[len(own) + np.arange(10), np.arange(10)] = np.inf
            assert away.min() > 6
    assert len({*own, *(user_colour(code, SHIPPED) for code in USER_CODES)}) == 96
