"""Random input for every part that reads what others wrote, for as long as there is time: scripts/fuzz."""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter

from tests.fuzzing import TARGETS

SLOW = 5.0  # seconds from which on a try is told


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; default: all")
    parser.add_argument("--minutes", type=float, default=480)
    parser.add_argument("--seed", type=int, help="repeat one try, and raise what it raises")
    options = parser.parse_args()
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    names = options.targets or list(TARGETS)
    if options.seed is not None:
        for name in names:
            TARGETS[name](random.Random(options.seed))
        return 0
    tries: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    first, end = random.SystemRandom().randrange(2**40), time.monotonic() + options.minutes * 60
    while time.monotonic() < end:
        for name in names:
            seed, begun = first + tries[name], time.monotonic()
            try:
                TARGETS[name](random.Random(seed))
            except Exception as error:  # noqa: BLE001  that is what is sought
                failures[name] += 1
                if failures[name] <= 10:
                    where = traceback.extract_tb(error.__traceback__)[-1]
                    print(
                        f"{name} --seed {seed}: {error!r:.300} at {where.filename}:{where.lineno}", flush=True
                    )
            tries[name] += 1
            if time.monotonic() - begun > SLOW:
                print(f"{name} --seed {seed}: took {time.monotonic() - begun:.0f} s", flush=True)
    print("; ".join(f"{name}: {tries[name]:,} tries, {failures[name]} failures" for name in names))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
