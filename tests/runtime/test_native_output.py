"""What native code prints past Python is dropped while that is asked for, and nothing else is."""

import subprocess
import sys

PROGRAM = """
import ctypes, os, sys
from workflow_scripts.runtime.native_output import native_output_dropped

libc = ctypes.CDLL(None)
print("before, in Python")
libc.printf(b"before, in C\\n")
try:
    with native_output_dropped():
        libc.printf(b"dropped, buffered in C\\n")
        os.write(1, b"dropped, written at once\\n")
        {inside}
except ZeroDivisionError:
    print("an error passes")
libc.printf(b"after, in C\\n")
print("after, in Python")
"""


def said(inside: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(inside=inside)], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    return sorted(run.stdout.splitlines())


def test_what_c_prints_meanwhile_is_dropped_and_all_else_is_kept():
    assert said("pass") == ["after, in C", "after, in Python", "before, in C", "before, in Python"]


def test_standard_output_comes_back_after_an_error():
    assert "an error passes" in said("1 / 0") and "after, in C" in said("1 / 0")
