"""A computer of the lab with a session bus and a desktop that shows notifications."""

import json
import pathlib

from .logind import PYTHON, RULES
from .waiting import eventually

_FAKE = pathlib.Path(__file__).parent.parent / "lab" / "notifications.py"


class Notifier:
    """`env` is what makes a program use it."""

    def __init__(self, host, *, starts=True):
        self._host = host
        address = f"unix:path={host.directory / 'session-bus'}"
        self._rules = host.directory / "session-bus.conf"
        self._rules.write_text(RULES.format(type="session", address=address))
        self.env = {"DBUS_SESSION_BUS_ADDRESS": address}
        if starts:
            self.start()

    def start(self):
        """The bus, and the desktop on it. What the one before has shown is nobody's to answer any more."""
        self._bus = self._host.popen(["dbus-daemon", f"--config-file={self._rules}", "--nofork", "--print-address"])
        self._bus.wait_for_line("unix:path")
        self.start_desktop()

    def start_desktop(self):
        self._program = self._host.popen([PYTHON, _FAKE], env=self.env)
        self._program.wait_for_line("ready")

    def stop_desktop(self):
        """The bus stays."""
        self._program.stop()

    def stop(self):
        self._program.stop()
        self._bus.stop()

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
