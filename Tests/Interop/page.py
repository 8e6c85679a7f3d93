"""A page in a real browser, beside a test's relay."""

import contextlib
import socket
import subprocess

from scenarios import require
from scenarios.chromium import Chromium


@contextlib.contextmanager
def page(relay, *options):
    """An empty page; without the first option Chromium leaves out loopback, which is all that these tests use."""
    require("chromium", "certutil", lab=False)
    trust(relay.authority.root, relay.folder)
    page = relay.folder / "page.html"
    page.write_text("<!doctype html><title>interop</title>")
    with Chromium(relay.popen, lambda *to: socket.create_connection(to, 10), relay.folder / "profile",
                  "--allow-loopback-in-peer-connection", *options, address=page.as_uri()) as browser:
        browser.wait_for("document.title === 'interop'", "the page is there")
        yield browser


def trust(root, home):
    """Chromium believes whom its user believes: the NSS database of a home."""
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    for words in (["-N", "--empty-password"], ["-A", "-n", "authority", "-t", "C,,", "-i", root]):
        subprocess.run(["certutil", "-d", f"sql:{database}", *words], check=True, timeout=60)
