"""Clears a lab away when the process that made it can no longer do so (SIGKILL, a crash).

A child of its own session holds the list of what was made. It reads from a pipe that ends when
its parent does; then it removes what is still on the list, and nothing else.

This file is run by itself as well as imported, so it imports nothing of the lab.
"""

import os
import shutil
import signal
import subprocess
import sys
import time


class Keeper:
    """The parent's end: tells the child what exists."""

    def __init__(self):
        self._child = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            start_new_session=True, text=True, cwd="/",
        )

    def holds(self, kind, name):
        self._child.stdin.write(f"+ {kind} {name}\n")
        self._child.stdin.flush()

    def released(self, kind, name):
        self._child.stdin.write(f"- {kind} {name}\n")
        self._child.stdin.flush()

    def close(self):
        """Ends the child, which first removes whatever was not released."""
        self._child.stdin.close()
        self._child.wait()


def remove_namespace(name):
    """Ends every process inside the namespace, then deletes it; one that is not there is fine."""
    for attempt in range(20):
        listed = subprocess.run(["ip", "netns", "pids", name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        pids = [int(word) for word in listed.stdout.split()]
        if not pids:
            break
        for pid in pids:
            try:
                os.kill(pid, signal.SIGTERM if attempt == 0 else signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.05)
    subprocess.run(["ip", "netns", "delete", name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    for harmless in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(harmless, signal.SIG_IGN)
    held = {}
    for line in sys.stdin:
        change, kind, name = line.rstrip("\n").split(" ", 2)
        if change == "+":
            held[kind, name] = None
        else:
            held.pop((kind, name), None)
    for kind, name in reversed(held):
        if kind == "namespace":
            remove_namespace(name)
        elif kind == "directory":
            shutil.rmtree(name, ignore_errors=True)


if __name__ == "__main__":
    main()
