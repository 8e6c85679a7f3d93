"""One assistance session across the lab: a relay, somebody who shares and somebody who helps."""

import os
import pathlib
import stat
import time

from lab import Home, Lab

from .desktop import Desktop
from .programs import RA_CONNECT, RA_RELAY
from .waiting import eventually

#: Seconds from `join` to `connected` at which a test fails. The goal on a quiet machine is 3.
CONNECT_LIMIT = 15


class Assistance:
    """A context manager around a `Lab` that runs our programs in it.

        with Assistance(helper=Home(nat="symmetric")) as session:
            session.connect()
            session.consent_to_view()
            session.stop_in_order()
    """

    def __init__(self, sharer=Home(), helper=Home(), *, relay_options=(), display=(1024, 768), **lab_options):
        self.lab = Lab(sharer=sharer, helper=helper, **lab_options)
        self.desktop = None
        self.relay = self.sharer = self.helper = None
        self.url = None
        self._relay_options = relay_options
        self._display = display

    def __enter__(self):
        self.lab.__enter__()
        try:
            self.restart_relay()
            if self._display:
                self.desktop = Desktop(self.lab.sharer, *self._display)
        except BaseException as error:
            self.lab.__exit__(type(error), error, error.__traceback__)
            raise
        return self

    def __exit__(self, kind, error, traceback):
        return self.lab.__exit__(kind, error, traceback)

    def restart_relay(self):
        """Starts the relay, which must not be running."""
        self.relay = self.lab.relay.popen([RA_RELAY, "serve", *self._relay_options])
        self.url = self.relay.wait_for_line("ra-relay ready").split()[-1]

    # The two programs

    def share(self, *options, url=None, json=True, env=None):
        """Starts the sharer's program."""
        self.sharer = self.lab.sharer.popen(
            [RA_CONNECT, "share", *["--json"] * json, "--name", "Sharon", "--relay", url or self.url, *options], env=env)
        return self.sharer

    def invite(self, *options, **more):
        """Starts the sharer's program and returns the code it shows."""
        return self.share(*options, **more).wait_for_event("invitation")["code"]

    def join(self, code, *options, url=None, json=True, viewer=False, env=None):
        """Starts a helper's program. With `viewer` it opens its window, of which `page_address` tells."""
        if viewer:
            env = {**(env or {}), **self.fake_browser()}
        self.helper = self.lab.helper.popen(
            [RA_CONNECT, "join", code, *["--json"] * json, *["--no-viewer"] * (not viewer), "--name", "Helge",
             "--relay", url or self.url, *options], env=env)
        return self.helper

    def connect(self, *options, helper_url=None, viewer=False, share_options=()):
        """From nothing to `connected` at both sides; returns the two events, the sharer's first."""
        code = self.invite(*share_options)
        if self.lab.sharer.router and self.lab.sharer.router.mapping not in ("none", "dead", "pcp-peer"):
            # A person needs longer to read a code aloud than the router to open a port.
            eventually(self.lab.sharer.router.mappings, "the sharer's router has a mapping")
        self.join(code, *options, url=helper_url, viewer=viewer)
        helper = self.helper.wait_for_event("connected", timeout=CONNECT_LIMIT)
        return self.sharer.wait_for_event("connected"), helper

    def consent_to_view(self):
        """The first yes."""
        self.sharer.wait_for_event("request", where=lambda event: event["kind"] == "view")
        self.sharer.send("yes")
        self.helper.wait_for_event("granted", where=lambda event: event["kind"] == "view")

    def consent_to_view_as_sharer(self):
        """The first yes, where the helper's events are not read."""
        self.sharer.wait_for_event("request", where=lambda event: event["kind"] == "view")
        self.sharer.send("yes")
        self.sharer.wait_for_event("granted", where=lambda event: event["kind"] == "view")

    def consent_to_control(self):
        """The second yes."""
        self.helper.send("request control")
        self.sharer.wait_for_event("request", where=lambda event: event["kind"] == "control")
        self.sharer.send("yes")
        self.helper.wait_for_event("granted", where=lambda event: event["kind"] == "control")

    def stop_in_order(self):
        """The helper says stop: both end with exit code 0, and nothing is left."""
        self.helper.send("stop")
        self.assert_ended(self.helper, "finished", 0)
        self.assert_ended(self.sharer, "finished", 0)
        self.assert_nothing_left()

    def forbid_direct_paths(self):
        """As a provider that takes offence at what it does not know: nothing passes between the two homes any more."""
        for host, other in ((self.lab.sharer, self.lab.helper), (self.lab.helper, self.lab.sharer)):
            host.router.nft(
                "table inet cut {\nchain forward {\ntype filter hook forward priority -10; policy accept;\n"
                f"ip daddr {other.public_address} drop\nip saddr {other.public_address} drop\n}}\n}}\n")

    def end_programs(self):
        """Ends whatever a test has left running."""
        for process in (self.sharer, self.helper):
            if process and process.exit_code is None:
                process.stop()

    # What must be true

    @staticmethod
    def assert_ended(process, reason, code, timeout=15):
        """`process` says why it ends, as its last event, and ends so. `reason` may be several."""
        ended = process.wait_for_event("ended", timeout=timeout)
        reasons = [reason] if isinstance(reason, str) else reason
        assert ended["reason"] in reasons, f"{process!r}: {ended}\n{process.errors}"
        assert process.wait() == code, f"{process!r}: {ended}\n{process.errors}"
        assert process.events[-1]["event"] == "ended", f"{process!r} speaks after its end: {process.events[-1]}"
        return ended

    def assert_nothing_left(self):
        """No router has a mapping or a hole in its firewall, and nobody runs `ra-connect` any more."""
        for host in (self.lab.sharer, self.lab.helper):
            left = [pid for pid in host.run(["ip", "netns", "pids", host.name]).stdout.split() if _is_ra_connect(pid)]
            assert not left, f"{host!r} still runs ra-connect: {left}"
            if host.router:
                assert host.router.mappings() == host.router.pinholes() == []

    # The window

    @property
    def page_address(self):
        """The address that the helper's program wanted the browser to open."""
        return eventually(lambda: self._page_file.exists() and self._page_file.read_text().strip(),
                          "ra-connect opens the browser")

    @property
    def _page_file(self):
        return self.lab.helper.directory / "tmp" / "page"

    def fake_browser(self):
        """The environment of a helper with an `xdg-open` that writes down what it was asked to open."""
        folder = self.lab.helper.directory / "bin"
        folder.mkdir(exist_ok=True)
        script = folder / "xdg-open"
        script.write_text(f'#!/bin/sh\necho "$1" > {self._page_file}.part && mv {self._page_file}.part {self._page_file}\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return {"PATH": f"{folder}:{self.lab.helper.environment()['PATH']}"}


def _is_ra_connect(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/exe").resolve().name == RA_CONNECT.name
    except OSError:
        return False


def screenshots(name):
    """Where a picture that people may want to see is kept: $LAB_LOGS, or nowhere."""
    folder = os.environ.get("LAB_LOGS")
    if not folder:
        return None
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    return pathlib.Path(folder) / f"{name}-{int(time.time())}.png"
