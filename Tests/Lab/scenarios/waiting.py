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


def settled(process, connected, kind):
    """The path of a side that is `connected`, as soon as it is of this kind: the first that works is used at once."""
    if connected["path"]["kind"] == kind:
        return connected["path"]
    return process.wait_for_event(
        "path", timeout=30, where=lambda event: event["path"] and event["path"]["kind"] == kind)["path"]
