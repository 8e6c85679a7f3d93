"""Sessions of our programs across the lab, and when each of their steps came: from their own logs."""

import contextlib
import dataclasses
import math
import pathlib
import re
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "Lab"))

from lab import Home  # noqa: E402
from scenarios.assistance import Assistance  # noqa: E402

#: Both programs log by the same clock, to the millisecond: their lines can be put side by side.
LINE = re.compile(r"^(\d+):(\d+):(\d+\.\d+) (?:debug|info) path: (.*)$", re.MULTILINE)
DAY = 24 * 60 * 60
KEY, CONNECTED = "both sides hold the key", "connected"
#: No session takes longer than a person waits.
PATIENCE = 30

#: What is aimed at, in end-to-end round trips.
TARGETS = {"relayed": 6, "punched": 7}
_NAT = {"relayed": "symmetric", "punched": "plain"}


@dataclasses.dataclass(frozen=True)
class Place:
    """Where the relay is."""

    name: str
    title: str
    #: The relay's own line, as a part of a home's.
    relay_line: float
    #: End-to-end round trips over the relay, as a multiple of those between the homes.
    detour: float


PLACES = [
    Place("between", "the relay lies on the way between the homes", 0, 1),
    Place("aside", "the relay is as far from each home as the homes are from each other", 1, 2),
]


@dataclasses.dataclass
class Session:
    """What one session took. `steps` are seconds since both sides hold the key, side and step."""

    steps: list

    @property
    def seconds(self):
        """Until the later of the two sides was connected."""
        return max(at for at, _, step in self.steps if step.startswith(CONNECTED + " "))


#: How often a packet goes there and back before the first session; the port is in no session's way.
_PINGS, _PORT = 21, 9
_STUN_PING = pathlib.Path(__file__).with_name("stun_ping.py")


class Failed(Exception):
    """A session that cannot be counted, and why."""


@contextlib.contextmanager
def homes(kind, place, milliseconds):
    """A lab where a packet and its answer take so many milliseconds between the homes, and a path is of that kind."""
    line = milliseconds / 4000  # a way there is two lines, a round trip four
    home = Home(nat=_NAT[kind], delay=line)
    with Assistance(home, home, display=None, relay_delay=line * place.relay_line) as assistance:
        assistance.lab.sharer.start_display(640, 480)
        yield assistance


def round_trip(assistance, kind):
    """Seconds that a packet and its answer take on the path of a session, in this lab, with nothing else on the lines.

    The lines hold a packet for as long as they are told, and the machine has to wake, route and read it besides: at each of
    some thirty steps of a session as at each of these packets."""
    lab = assistance.lab
    relay = f"{lab.relay.address}:3478"
    if kind == "relayed":
        return sum(_median(side.run([sys.executable, _STUN_PING, _PORT, relay, _PINGS])) for side in (lab.sharer, lab.helper))
    mirror = lab.sharer.popen([sys.executable, _STUN_PING, _PORT, f"{lab.helper.public_address}:{_PORT}", 0])
    try:
        return _median(lab.helper.run([sys.executable, _STUN_PING, _PORT, f"{lab.sharer.public_address}:{_PORT}", _PINGS]))
    finally:
        mirror.kill()


def _median(finished):
    answered = [float(line) for line in finished.stdout.split()]
    if len(answered) < _PINGS // 2:
        raise Failed(f"only {len(answered)} of {_PINGS} packets were answered")
    return statistics.median(answered)


def measured(assistance, kind):
    """One session, from the invitation to `connected` at both sides."""
    sharer = assistance.share("--log-level", "debug")
    code = sharer.wait_for_event("invitation", timeout=PATIENCE)["code"]
    helper = assistance.join(code, "--log-level", "debug")
    try:
        paths = [one.wait_for_event("connected", timeout=PATIENCE)["path"]["kind"] for one in (helper, sharer)]
        if set(paths) != {kind}:
            raise Failed(f"the path is {' and '.join(sorted(set(paths)))}, not {kind}")
        return Session(_steps({"helper": helper.errors, "sharer": sharer.errors}))
    finally:
        helper.kill()
        sharer.kill()


def _steps(logs):
    lines = [((int(hours) * 60 + int(minutes)) * 60 + float(seconds), side, step)
             for side, log in logs.items() for hours, minutes, seconds, step in LINE.findall(log)]
    begin = next((at for at, _, step in lines if step == KEY), None)
    if begin is None or sum(step.startswith(CONNECTED + " ") for _, _, step in lines) != 2:
        raise Failed("the logs lack a step")
    # Midnight may come between: what is far behind is of the next day.
    return sorted(((at - begin + DAY / 2) % DAY - DAY / 2, side, step) for at, side, step in lines)


def percentile(values, part):
    """The value that so large a part of them does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]
