"""Writes the table of the methods' parameters into the manual's page.

python3 tools/method_parameters.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from crism_gan_plugin.core.methods.settings import settings  # noqa: E402

PAGE = ROOT / "docs" / "manual" / "methods.md"
BEGIN, END = "<!-- table of parameters -->\n", "<!-- end of the table -->\n"


def table() -> str:
    """One row for each parameter of each method."""
    rows = ["| parameter | default | what it is, and where the default is from |", "|---|---|---|"]
    rows += [f"| `{each.method}.{each.name}` | {each.default} | {each.said} |" for each in settings()]
    return "\n".join(rows) + "\n"


def main() -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
