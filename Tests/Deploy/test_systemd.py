"""The service's sandbox: what systemd thinks of it, and that the relay lives in it."""

import os
import pathlib
import re
import shutil
import signal
import time

import pytest
from deployed import DEPLOY, need_root, netns, page, run, running
from scenarios import RA_RELAY, require

UNIT = DEPLOY / "systemd" / "ra-relay.service"
LOW_PORTS = DEPLOY / "systemd" / "low-ports.conf"


def units(folder, *, with_low_ports):
    """The unit in a folder of its own, with the drop-in that opens low ports or without."""
    shutil.copy(UNIT, folder)
    if with_low_ports:
        (folder / "ra-relay.service.d").mkdir()
        shutil.copy(LOW_PORTS, folder / "ra-relay.service.d")
    return folder / UNIT.name


@pytest.mark.parametrize("with_low_ports", [False, True], ids=["as it is", "with low ports"])
def test_its_exposure_is_small(tmp_path, with_low_ports):
    require("systemd-analyze", lab=False)
    run("systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager",
        units(tmp_path, with_low_ports=with_low_ports))


def test_the_threshold_is_one_that_can_be_missed(tmp_path):
    require("systemd-analyze", lab=False)
    bare = tmp_path / "bare.service"
    bare.write_text("[Service]\nExecStart=/usr/bin/true\n")
    with pytest.raises(AssertionError, match="exit 1"):
        run("systemd-analyze", "security", "--offline=yes", "--threshold=25", "--no-pager", bare)


def test_the_persons_service_is_one_that_systemd_understands(tmp_path):
    require("systemd-analyze", lab=False)
    text = (DEPLOY / "systemd" / "ra-connect-listen.service").read_text()
    unit = tmp_path / "ra-connect-listen.service"
    unit.write_text(text.replace("/usr/bin/ra-connect listen", "/usr/bin/true"))
    assert unit.read_text() != text
    assert run("systemd-analyze", "verify", "--man=no", unit) == ""


@pytest.mark.parametrize("words, target", [
    (["enable", "ra-connect-listen"], "graphical-session.target"),
    (["add-wants", "default.target", "ra-connect-listen"], "default.target")])
def test_the_persons_service_begins_with_their_desktop_or_where_there_is_none_with_their_services(tmp_path, words, target):
    """As the unit and the manual say that it is done, in an empty system."""
    require("systemctl", lab=False)
    units_of_people = tmp_path / "usr" / "lib" / "systemd" / "user"
    units_of_people.mkdir(parents=True)
    text = (DEPLOY / "systemd" / "ra-connect-listen.service").read_text()
    (units_of_people / "ra-connect-listen.service").write_text(text)
    (units_of_people / target).write_text("[Unit]\nDescription=A target\n")
    run("systemctl", "--global", f"--root={tmp_path}", *words)
    wanted = [link.relative_to(tmp_path) for link in tmp_path.rglob("*.wants/*")]
    assert [str(link) for link in wanted] == [f"etc/systemd/user/{target}.wants/ra-connect-listen.service"]
    # With the desktop it ends as well, and what is asked on it is never asked by a program of the desktop before.
    assert "PartOf=graphical-session.target\n" in text and "After=graphical-session.target\n" in text


def setting(key):
    """What the unit says for a key; each line of it."""
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(), re.M)


def calls(name):
    """The system calls of a set such as @system-service."""
    found = set()
    for line in run("systemd-analyze", "syscall-filter", "--no-pager", name).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            found |= calls(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


def allowed_calls():
    allowed = set()
    for line in setting("SystemCallFilter"):
        named = set()
        for word in line.removeprefix("~").split():
            named |= calls(word) if word.startswith("@") else {word}
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def test_the_relay_makes_no_system_call_that_its_filter_refuses(tmp_path):
    """From the start over traffic, a reload and rendezvous pages to the end, watched by strace."""
    require("strace", "systemd-analyze", "turnutils_uclient", lab=False)
    trace, state = tmp_path / "trace", tmp_path / "state"
    command = [
        # As no root: SQLite asks for more where it is root.
        "unshare", "--user", "--map-user=1000", "--map-group=1000",
        "strace", "--follow-forks", "-qq", "--signal=none", "--interruptible=never", "-o", trace,
        RA_RELAY, "serve", "--listen", "127.0.0.1", "--port", "3478", "--also-listen", "", "--state", state,
        "--user", "alice:swordfish", "--realm", "strace.example", "--allow-peer", "127.0.0.0/8"]
    need_root()
    with running(netns(*command)) as (process, _):
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        relay = int(children[0])
        there = ["nsenter", "--net", "--target", str(relay)]
        for transport in ([], ["-t"]):
            run(*there, "turnutils_uclient", *transport, "-L", "127.0.0.1", "-u", "alice", "-w", "swordfish", "-n", "5",
                "-m", "2", "-c", "-y", "127.0.0.1", timeout=60)
        assert page(process, "/.well-known/ra-relay")[0] == 200
        os.kill(relay, signal.SIGHUP)
        assert page(process, "/readyz")[0] == 200
        # It drains, and turnutils leaves allocations behind: the second signal does not wait for their end.
        os.kill(relay, signal.SIGTERM)
        end = time.monotonic() + 30
        while page(process, "/readyz")[0] != 503:
            assert time.monotonic() < end, "a relay that drains is not ready"
        os.kill(relay, signal.SIGINT)
        process.wait(30)
    used = set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)[( ]", trace.read_text(), re.M)) - {"resumed"}
    assert {"recvmmsg", "epoll_wait", "accept4"} & used
    assert used <= allowed_calls(), sorted(used - allowed_calls())
