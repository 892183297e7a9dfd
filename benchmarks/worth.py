"""What a detection is worth, and what its absence is worth.

    python3 benchmarks/worth.py [SECTION ...] [--figure F.png]

Each section is a module with a function `report`, which gives its tables. ``--figure`` draws the curves of
`completeness`. An hour on one core. Needs the real data (see `views.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Optional

import completeness
import probability
import reliability
import second_looks
import unlisted
from measure import machine

SECTIONS: dict[str, Callable[[Optional[Path]], str]] = {
    "reliability": lambda _: reliability.report(),
    "probability": lambda _: probability.report(),
    "agreement": lambda _: second_looks.report(),
    "unlisted": lambda _: unlisted.report(),
    "completeness": completeness.report,
    "cost": lambda _: completeness.cost(),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], default=[], help="all by default")
    parser.add_argument("--figure", type=Path, help="picture of completeness")
    options = parser.parse_args()
    print(machine())
    for name in options.sections or SECTIONS:
        print(f"\n## {name}\n\n{SECTIONS[name](options.figure)}", flush=True)


if __name__ == "__main__":
    main()
