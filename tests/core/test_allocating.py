"""What a process has freed is the system's again, large pieces between small ones that stay included."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Ninety bodies of 2 MB, after each of which something small stays; then the bodies go. Prints kB held by it.
PROGRAM = """
import re, sys
from aggregator.allocating import give_back
if sys.argv[1] == "give":
    assert give_back()
resident = lambda: int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1])
bytearray(2_000_000)
before, kept = resident(), []
for _ in range(2):
    bodies = []
    for _ in range(90):
        bodies.append(bytearray(b"x") * 2_000_000)
        kept.append(bytearray(b"x") * 3_000)
    del bodies
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc alone")
def test_large_pieces_are_given_back() -> None:
    """Nothing of the bodies stays, where glibc by itself keeps nearly all of them."""
    held = {
        how: int(subprocess.check_output([sys.executable, "-c", PROGRAM, how], text=True, timeout=60))
        for how in ("give", "keep")
    }
    assert held["give"] < 5_000 < 50_000 < held["keep"], held
