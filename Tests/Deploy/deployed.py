"""What the tests of Deploy/ share: where things are, and a relay that is watched from outside."""

import contextlib
import functools
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import time

import pytest
from scenarios import RA_RELAY

ROOT = pathlib.Path(__file__).parents[2]
DEPLOY = ROOT / "Deploy"
PROGRAMS = RA_RELAY.parent


def run(*command, **options):
    """Runs a command that has to succeed; what it wrote to standard output."""
    command = [str(word) for word in command]
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@contextlib.contextmanager
def running(command, ready="ra-relay ready: ", seconds=30, **options):
    """A relay from its start to its SIGTERM; gives the process and the URL that it printed."""
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "SWIFT_BACKTRACE": "enable=no"}, **options)
    try:
        yield process, line_beginning(process, ready, seconds)
        process.send_signal(signal.SIGTERM)
        assert process.wait(seconds) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()


def line_beginning(process, beginning, seconds):
    """What follows `beginning` on the first line of standard output that has it."""
    text, end = b"", time.monotonic() + seconds
    while time.monotonic() < end:
        if not select.select([process.stdout], [], [], end - time.monotonic())[0]:
            break
        piece = os.read(process.stdout.fileno(), 4096)
        assert piece, f"it ended before it was ready: {text.decode(errors='replace')}"
        text += piece
        if found := re.search(rb"^" + re.escape(beginning.encode()) + rb"(.*)\n", text, re.M):
            return found[1].decode()
    raise AssertionError(f"not ready after {seconds} s: {text.decode(errors='replace')}")


@functools.cache
def commands(program):
    """Each command of a program, as `ra-relay serve`, and its description by swift-argument-parser."""
    described = {}

    def walk(command, above):
        name = " ".join([*above, command["commandName"]])
        described[name] = command
        for inner in command.get("subcommands", []):
            if inner["commandName"] != "help":
                walk(inner, [*above, command["commandName"]])

    walk(json.loads(run(PROGRAMS / program, "--experimental-dump-help"))["command"], [])
    return described


def netns(*command):
    """The command in a network of its own, where nothing but loopback is and every port is free. Needs root."""
    return ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *command]


def page(process, path, port=3478):
    """What a relay that `netns` started answers: the status and the text."""
    text = run("nsenter", "--net", "--target", process.pid, "curl", "--silent", "--max-time", "10",
               "--write-out", "\n%{http_code}", f"http://127.0.0.1:{port}{path}")
    body, _, status = text.rpartition("\n")
    return int(status), body


def need_root():
    if os.geteuid() != 0:
        pytest.skip("needs root")
