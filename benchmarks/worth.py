"""What a detection is worth, and what its absence is worth.

    python3 benchmarks/worth.py [SECTION ...]

Each section is a module with a function `report`, which gives its tables. Half an hour on two cores. Needs the real data (see
`views.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import probability
import reliability
import second_looks
import unlisted
from measure import machine

SECTIONS: dict[str, Callable[[], str]] = {
    "reliability": reliability.report,
    "probability": probability.report,
    "agreement": second_looks.report,
    "unlisted": unlisted.report,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], default=[], help="all by default")
    options = parser.parse_args()
    print(machine())
    for name in options.sections or SECTIONS:
        print(f"\n## {name}\n\n{SECTIONS[name]()}", flush=True)


if __name__ == "__main__":
    main()
