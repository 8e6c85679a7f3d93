"""A computer of the lab with a system bus and a systemd-logind, which suspends it when it is told to."""

import pathlib
import sys

_FAKE = pathlib.Path(__file__).parent.parent / "lab" / "logind.py"
#: The bus' own bindings are Debian's, and not in a virtual environment.
PYTHON = "/usr/bin/python3" if pathlib.Path("/usr/bin/python3").exists() else sys.executable
RULES = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>{type}</type><listen>{address}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>"""


class Logind:
    """`env` is what makes a program listen to it."""

    def __init__(self, host):
        address = f"unix:path={host.directory / 'bus'}"
        rules = host.directory / "bus.conf"
        rules.write_text(RULES.format(type="system", address=address))
        self.env = {"DBUS_SYSTEM_BUS_ADDRESS": address}
        host.popen(["dbus-daemon", f"--config-file={rules}", "--nofork", "--print-address"]).wait_for_line("unix:path")
        self._program = host.popen([PYTHON, _FAKE], env=self.env)
        self._program.wait_for_line("ready")

    def wait_for_lock(self, times=1):
        """Somebody wants to be told, for the first or a later time."""
        for line in self._program.follow():
            times -= line == "lock sleep ra-connect delay"
            if not times:
                return

    def sleep(self):
        """Announces the suspension, and waits for whoever holds it up: for as long as logind does."""
        self._program.send("sleep")
        self._program.wait_for_line("let go", timeout=5)

    def wake(self):
        self._program.send("wake")
