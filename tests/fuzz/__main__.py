"""The long run, and single cases again: ``python -m tests.fuzz [--kind NAME …] [--seed N] [--cases N] [--keep FOLDER]``."""

from __future__ import annotations

import argparse
import faulthandler
import sys
from pathlib import Path

from .kinds import KINDS
from .runner import make_case, run_cases


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--kind", nargs="+", choices=list(KINDS), default=list(KINDS), help="kinds of input; default: all")
    parser.add_argument("--seed", type=int, default=0, help="number of the first case of each kind")
    parser.add_argument("--cases", type=int, default=100_000, help="in all; kinds that take long get fewer")
    parser.add_argument("--keep", type=Path, help="write the files of the first case of each kind into this folder, and stop")
    parser.add_argument("--reasons", action="store_true", help="print the commonest messages of each kind")
    chosen = parser.parse_args()
    if chosen.keep is not None:
        for name in chosen.kind:
            (chosen.keep / name).mkdir(parents=True)
            make_case(KINDS[name], KINDS[name].sound(), chosen.seed, chosen.keep / name)
        return 0
    faulthandler.enable()
    shares = {name: KINDS[name].share for name in chosen.kind}
    print(f"{'kind':<22}{'cases':>8}{'opened':>8}{'refused':>9}{'failed':>8}{'seconds':>9}{'slowest':>9}")
    total = [0, 0, 0, 0, 0.0]
    failures: list[str] = []
    for name in chosen.kind:
        tally = run_cases(KINDS[name], chosen.seed, -int(-chosen.cases * shares[name] // sum(shares.values())))
        counts = (tally.cases, tally.opened, tally.refused, len(tally.failures), tally.seconds)
        total = [a + b for a, b in zip(total, counts)]
        print(
            f"{name:<22}{counts[0]:>8}{counts[1]:>8}{counts[2]:>9}{counts[3]:>8}{counts[4]:>9.1f}{tally.slowest:>9.2f}", flush=True
        )
        if chosen.reasons:
            for reason, count in tally.reasons.most_common(15):
                print(f"    {count:>6}  {reason}")
        failures += tally.failures
    print(f"{'all':<22}{total[0]:>8}{total[1]:>8}{total[2]:>9}{total[3]:>8}{total[4]:>9.1f}")
    for failure in failures[:200]:
        print(f"\n{failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
