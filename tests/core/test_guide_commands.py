"""Commands and scripts of the guide and the manual: those of the core know all their words, and the core's scripts run."""

from __future__ import annotations

import pytest

from crism_gan_plugin.core.cli import _parser
from tests.guide_support import ROOT, core_commands

COMMANDS = [
    pytest.param(words, id=f"{page.stem} {' '.join(words)[:60]}")
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for words in core_commands(page.read_text(encoding="utf-8"))
]


def test_commands_are_found() -> None:
    assert len(COMMANDS) > 30


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_has_words_that_it_knows(words: list[str], capsys: pytest.CaptureFixture) -> None:
    try:
        _parser().parse_args(words)
    except SystemExit:
        pytest.fail(capsys.readouterr().err)
