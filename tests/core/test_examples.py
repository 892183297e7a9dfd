"""The examples of the public functions, and of the page for Python, do what they say."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from crism_gan_plugin import core

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "manual" / "python.md"

#: It takes most of a minute, and torch; its tests are in `tests/core/denoise`.
NOT_RUN = {"denoise_scene"}


def public_examples() -> Iterator[doctest.DocTest]:
    """The examples of the core's docstring, and of all that it makes public, with what these return."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    objects = {"core": core, **{name: getattr(core, name) for name in core.__all__}}
    returned = {"Discriminator": "load_discriminator", "ExemplarLibrary": "load_exemplars"}
    for name, maker in returned.items():
        objects[name] = getattr(inspect.getmodule(objects[maker]), name)
    for name, thing in objects.items():
        if inspect.isroutine(thing) or inspect.isclass(thing):
            module = inspect.getmodule(inspect.unwrap(thing))
            yield from (test for test in finder.find(thing, name, module, globs=dict(vars(module))) if test.examples)
        elif inspect.ismodule(thing):
            yield doctest.DocTestParser().get_doctest(thing.__doc__, {}, name, thing.__file__, 0)
    yield doctest.DocTestParser().get_doctest(PAGE.read_text(encoding="utf-8"), {}, PAGE.name, str(PAGE), 0)


EXAMPLES = list(public_examples())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_examples_are_true(example: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=said.append)
    assert result.attempted and not result.failed, "".join(said)


@pytest.mark.parametrize("name", [name for name in core.__all__ if name not in NOT_RUN])
def test_every_public_name_is_in_an_example(name: str) -> None:
    assert any(name in line.source for example in EXAMPLES for line in example.examples)


def test_at_least_ten_public_names_have_examples_of_their_own() -> None:
    with_examples = {example.name.split(".")[0] for example in EXAMPLES}
    assert len(with_examples & set(core.__all__)) >= 10
