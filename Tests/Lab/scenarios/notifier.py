"""A computer of the lab with a session bus and a desktop that shows notifications."""

import json
import pathlib

from .logind import PYTHON, RULES
from .waiting import eventually

_FAKE = pathlib.Path(__file__).parent.parent / "lab" / "notifications.py"


class Notifier:
    """`env` is what makes a program use it."""

    def __init__(self, host):
        address = f"unix:path={host.directory / 'session-bus'}"
        rules = host.directory / "session-bus.conf"
        rules.write_text(RULES.format(type="session", address=address))
        self.env = {"DBUS_SESSION_BUS_ADDRESS": address}
        host.popen(["dbus-daemon", f"--config-file={rules}", "--nofork", "--print-address"]).wait_for_line("unix:path")
        self._program = host.popen([PYTHON, _FAKE], env=self.env)
        self._program.wait_for_line("ready")

    def wait_for(self, what, title="", after=0):
        """What is "shown" with this in its title, or "closed": the first such thing after so many lines."""
        def said():
            for line in self._program.lines[after:]:
                told = json.loads(line) if line.startswith("{") else {}
                if what in told and title in told.get("title", ""):
                    return told
            return None
        return eventually(said, f"{what} {title}")

    @property
    def count(self):
        return len(self._program.lines)

    def press(self, action, number):
        self._program.send(f"{action} {number}")
