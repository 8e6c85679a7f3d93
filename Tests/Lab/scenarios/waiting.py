"""Waiting for something that cannot announce itself."""

import time

from lab import TimedOut


def eventually(condition, what, timeout=15, every=0.05):
    """Asks until `condition()` is true, and returns what it said."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimedOut(f"did not happen within {timeout} s: {what}; last: {value!r}")
        time.sleep(every)
