"""Messages: one line of a sane length, whatever they quote."""

from __future__ import annotations

from crism_gan_plugin.core.errors import InputError, one_line


def test_a_message_keeps_its_words_and_blanks() -> None:
    assert str(InputError("a  b.img: µm – no such file")) == "a  b.img: µm – no such file"


def test_line_ends_and_what_cannot_be_printed_are_escaped() -> None:
    assert str(InputError("a\nb\r\x00\x1b[31m\u202e\ud800.img: bad")) == r"a\nb\r\x00\x1b[31m\u202e\ud800.img: bad"


def test_long_quotations_lose_their_middle_and_keep_file_and_advice() -> None:
    message = str(InputError(f"/data/x.lbl: {'z' * 100_000}; get it again"))
    assert len(message) <= 1000
    assert message.startswith("/data/x.lbl: zzz")
    assert message.endswith("zzz; get it again")


def test_escapes_count() -> None:
    assert len(one_line("\n" * 5000, 100)) <= 100
