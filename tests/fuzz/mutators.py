"""Ways of damaging text, bytes and JSON that know a little of the grammar."""

from __future__ import annotations

import json
import random
import re
from typing import Any, Callable

#: Values that parsers stumble over: numbers that are none, brackets, quotes, paths that lead elsewhere, letters of all sorts.
ODD_VALUES = (
    *("", "0", "1", "-1", "2", "255", "65535", "65536", "2147483648", "-2147483649", "9" * 18, "9" * 30, "9" * 5000, "1.5", "1e5"),
    *("nan", "inf", "-inf", "1e999", "-1e-999", "0x10", "1_000", "²", "٣", "1,5", "+", "-", ".", "1e", "16#FF#", "99#1#", "0#0#"),
    *(
        "N/A",
        "UNK",
        "NULL",
        "UNDEFINED",
        "TRUE",
        "None",
        "()",
        "{}",
        "[]",
        "(1, 2)",
        "((1))",
        "{{1}}",
        "(",
        ")",
        "{",
        "}",
        '"',
        "'",
    ),
    *("=", ";", "#", "/*", "*/", "<BYTES>", "3 <BYTES>", '("x", 3 <BYTES>)', '("X.IMG", 2)', "END", "END_OBJECT", "OBJECT = IMAGE"),
    *(
        "x" * 300,
        "../x",
        "../../etc/passwd",
        "/dev/zero",
        "/dev/stdin",
        ".",
        "..",
        "C:\\x",
        "a/b",
        "x\0y",
        "\t",
        "  ",
        "\r",
        "\n\n",
    ),
    *("µ", "é", "🪨", "\u202e", "\u2028", "\ufeff", "\x1b[31m", "\x85", "%s", "{0}", "${x}", "=1+1", "<&>", "]]>", "&#0;", "&lt;"),
    *(
        "(" * 2000,
        "{" * 300,
        "IMAGE",
        "PC_REAL",
        "MSB_INTEGER",
        "8",
        "12",
        "16",
        "64",
        "bsq",
        "bip",
        "bil",
        "4",
        "5",
        "6",
        "14",
        "3",
    ),
)

_ASSIGNMENT = re.compile(r"^([^=\n]{1,60}=[ \t]*)([^\n]*)$", re.MULTILINE)
_WORD = re.compile(r"[\w.+-]+|[^\w\s]")

#: Whole numbers at which sizes and offsets turn over.
_TURNING_POINTS = (0, 1, 2, 3, 7, 127, 128, 255, 256, 32767, 32768, 65535, 65536, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 62)


def mutate_text(rng: random.Random, text: str) -> bytes:
    """One to four changes of a text of ``key = value`` lines, then perhaps another encoding."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        text = rng.choice(_TEXT_CHANGES)(rng, text)
    return _encoded(rng, text)


def _encoded(rng: random.Random, text: str) -> bytes:
    choice = rng.random()
    if choice < 0.8:
        return text.encode("utf-8", "surrogatepass")
    if choice < 0.88:
        return text.encode("latin-1", "replace")
    if choice < 0.91:
        return b"\xef\xbb\xbf" + text.encode("utf-8", "surrogatepass")
    if choice < 0.93:
        return text.encode("utf-16", "surrogatepass")
    return mutate_bytes(rng, text.encode("utf-8", "surrogatepass"))


def _replace_value(rng: random.Random, text: str) -> str:
    found = list(_ASSIGNMENT.finditer(text))
    if not found:
        return _replace_word(rng, text)
    match = rng.choice(found)
    return text[: match.start(2)] + _odd(rng, match[2]) + text[match.end(2) :]


def _odd(rng: random.Random, value: str) -> str:
    """Something else for a value: an odd one, the value in brackets or quotes, twice, with a unit, negative, as a real."""
    brackets = "({" * rng.choice((1, 2, 30, 1200))
    made: tuple[Callable[[], str], ...] = (
        *((lambda: rng.choice(ODD_VALUES)),) * 4,
        lambda: f"({value}, {rng.choice(ODD_VALUES)})",
        lambda: f"{value} <BYTES>",
        lambda: f'"{value}"',
        lambda: f"{brackets}{value}" + "})" * (len(brackets) // 2 if rng.random() < 0.7 else 0),
        lambda: f"{value}, {value}",
        lambda: f"-{value}",
        lambda: f"{value}.0",
        lambda: str(rng.choice(_TURNING_POINTS) + rng.choice((-1, 0, 0, 1))),
    )
    return rng.choice(made)()


def _replace_word(rng: random.Random, text: str) -> str:
    words = list(_WORD.finditer(text))
    if not words:
        return rng.choice(ODD_VALUES)
    match = rng.choice(words)
    new = rng.choice(ODD_VALUES) if rng.random() < 0.6 else rng.choice(words)[0]
    return text[: match.start()] + new + text[match.end() :]


def _insert_odd(rng: random.Random, text: str) -> str:
    place = rng.randint(0, len(text))
    return text[:place] + rng.choice(ODD_VALUES) + text[place:]


def _change_lines(rng: random.Random, text: str) -> str:
    """A line less, twice, elsewhere, many times; lines joined, or a piece of the text again at the end."""
    lines = text.split("\n")
    place, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(6)
    if how == 0:
        del lines[place]
    elif how == 1:
        lines.insert(other, lines[place])
    elif how == 2:
        lines[place], lines[other] = lines[other], lines[place]
    elif how == 3:
        lines[place : place + 1] = [lines[place]] * rng.choice((3, 50, 1000))
    elif how == 4:
        lines[place : place + 2] = [rng.choice(("", " ", "\t")).join(lines[place : place + 2])]
    else:
        lines += lines[min(place, other) : max(place, other)]
    return "\n".join(lines)


def _truncate(rng: random.Random, text: str) -> str:
    return text[: rng.randint(0, len(text))]


def _change_line_ends(rng: random.Random, text: str) -> str:
    return text.replace("\n", rng.choice(("\r\n", "\r", "\n\n", "\x0b", "\u2028", " ")))


def _change_letter(rng: random.Random, text: str) -> str:
    place = rng.randint(0, max(0, len(text) - 1))
    letter = rng.choice(("", chr(rng.randrange(256)), rng.choice("()={}\"',;<>#/*\n 0-9")))
    return text[:place] + letter + text[place + 1 :]


_TEXT_CHANGES = (
    *(_replace_value,) * 6,
    *(_replace_word,) * 3,
    _insert_odd,
    *(_change_lines,) * 2,
    _truncate,
    _change_line_ends,
    *(_change_letter,) * 2,
)


def mutate_bytes(rng: random.Random, data: bytes) -> bytes:
    """One to four changes of bytes: bits, numbers at which sizes turn over, pieces less, twice, or of zeros; cut off."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        size = len(changed)
        place = rng.randint(0, max(0, size - 1))
        if rng.random() < 0.5:  # most of what matters stands at the beginning or the end
            place = rng.choice((rng.randint(0, min(size, 64)), max(0, size - 1 - rng.randint(0, min(size, 256)))))
        length = rng.choice((1, 2, 4, 8, 16, 100, 1000))
        how = rng.randrange(7)
        if how == 0 and size:
            changed[place % size] ^= 1 << rng.randrange(8)
        elif how == 1:
            width = rng.choice((1, 2, 4, 8))
            number = rng.choice(_TURNING_POINTS) % (1 << 8 * width)
            changed[place : place + width] = number.to_bytes(width, rng.choice(("little", "big")))
        elif how == 2:
            del changed[place : place + length]
        elif how == 3:
            changed[place:place] = changed[place : place + length]
        elif how == 4:
            changed[place : place + length] = bytes(min(length, size - place))
        elif how == 5:
            changed[place : place + length] = rng.randbytes(length)
        else:
            del changed[place:]
    return bytes(changed)


_ODD_JSON: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 256, 1.5, 1e308, -1e-308, float("nan"), float("inf"), 10**30, 10**400, 10**4000),
    *("", " ", "1", "kaolinite", "KAOLINITE ", "a\nb", "\ud800", "\u202ea", "\0", "x" * 300, "../x", "µ", "<&>\"'", "=1+1"),
    *([], {}, [[]], [1], [1, "2"], [None], {"a": 1}, [[[[1]]]], [0] * 1000),
)


def mutate_json(rng: random.Random, text: str) -> bytes:
    """One to three changes of values within JSON, and now and then of the text itself."""
    data = json.loads(text)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = _changed(rng, data)
    text = json.dumps(data, ensure_ascii=rng.random() < 0.7)
    if rng.random() < 0.05:
        depth = rng.choice((200, 900, 990, 100_000))
        text = text.replace(rng.choice(re.findall(r"[\d.]+", text) or ["1"]), "[" * depth + "]" * depth, 1)
    return mutate_text(rng, text) if rng.random() < 0.2 else text.encode("utf-8", "surrogatepass")


def _changed(rng: random.Random, data: Any) -> Any:
    """The same with one change at one place, found by a walk from the root."""
    if type(data) in (int, float) and abs(data) < 1e9 and rng.random() < 0.4:
        return data + rng.choice((1, -1, 0.001, 0.25, 5 * data))
    if isinstance(data, str) and rng.random() < 0.4:
        return data + rng.choice(("", "x", " 2", "é", rng.choice(ODD_VALUES)))
    if not isinstance(data, (dict, list)) or not data or rng.random() < 0.05:
        return rng.choice((rng.choice(_ODD_JSON), rng.choice(_ODD_JSON), [data], {"x": data}, str(data)))
    keys = list(data) if isinstance(data, dict) else list(range(len(data)))
    key = rng.choice(keys)
    changed = dict(data) if isinstance(data, dict) else list(data)
    how = rng.random()
    if how < 0.08:
        del changed[key]
    elif how < 0.12 and isinstance(changed, list):
        changed.insert(rng.choice(keys), changed[key])
    elif how < 0.16:
        other = rng.choice(keys)
        changed[key], changed[other] = changed[other], changed[key]
    else:
        changed[key] = _changed(rng, changed[key])
    return changed
