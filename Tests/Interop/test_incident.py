"""`ra-connect show` and `join` with an invitation of Windows Remote Assistance, and the RDP client that it is handed to."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
from lab import Process
from scenarios import RA_CONNECT, require
from scenarios.incident import invitation

PASSWORD = "Fünf & 6"

#: An RDP client that writes down how it was called, and ends as it is told.
RECORDER = """#!{python}
import json, os, pathlib, sys, time
if sys.argv[1:] == ["/version"]:
    print("This is FreeRDP version {version}.11.7 ({version}.11.7)")
    sys.exit()
lines = os.environ.get("RA_CONNECT_FREERDP", "").splitlines()
file = pathlib.Path((lines or sys.argv[1:])[0])
pathlib.Path({record!r}).write_text(json.dumps(
    {{"argv": sys.argv[1:], "lines": lines, "invitation": file.read_text(), "mode": oct(file.stat().st_mode & 0o777),
      "folder": oct(file.parent.stat().st_mode & 0o777), "path": str(file), "group": os.getpgrp()}}))
{then}
"""


@pytest.fixture
def desk(tmp_path):
    require(lab=False)
    desk = Desk(tmp_path)
    yield desk
    desk.close()


class Desk:
    """A helper's computer with a PATH of its own, and a listener where the invitation leads."""

    def __init__(self, folder):
        self.folder, self.record = folder, folder / "record.json"
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("XDG_")}, "HOME": str(folder),
            "TMPDIR": str(folder), "PATH": str(self.programs), "LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no"}

    def install(self, name, version, then="sys.exit(0)"):
        program = self.programs / name
        program.write_text(RECORDER.format(python=sys.executable, version=version, record=str(self.record), then=then))
        program.chmod(0o755)

    def invite(self, *addresses, **options):
        file = self.folder / "help.MsRcIncident"
        file.write_bytes(invitation(addresses or [self.address], **options))
        return file

    def run(self, *arguments, password=None):
        return subprocess.run(
            [RA_CONNECT, *arguments], env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=60,
            input="" if password is None else password + "\n")

    def start(self, *arguments):
        command = [str(RA_CONNECT), *map(str, arguments)]
        return Process(command, label="join", log=self.folder / "join", command=command, env=self.environment, cwd=self.folder)

    def recorded(self):
        return json.loads(self.record.read_text())

    def close(self):
        self.listener.close()


@pytest.mark.parametrize("vista", [False, True], ids=["xp", "vista"])
def test_show_tells_what_it_holds(desk, vista):
    file = desk.invite(("192.0.2.7", 3389), ("ann_pc", 3389), password=PASSWORD, vista=vista, start=4_000_000_000,
                       sealed_addresses=[("fe80::1%3", 49152), ("192.0.2.7", 49153)])
    told = json.loads(desk.run("show", file, "--json").stdout)
    assert told == {
        "kind": "windows-vista" if vista else "windows-xp", "from": "Ann", "created": "2096-10-02T07:06:40Z",
        "expires": "2096-10-02T08:06:40Z", "expired": False, "addresses": ["192.0.2.7:3389", "ann_pc:3389"], "password": True}
    text = desk.run("show", file).stdout
    for part in ("Ann asks for help", "good until 2096-10-02 08:06:40 UTC", "192.0.2.7:3389, ann_pc:3389", "It has a password"):
        assert part in text
    if vista:
        told = json.loads(desk.run("show", file, "--json", password=PASSWORD).stdout)
        assert told["addresses"] == ["[fe80::1%3]:49152", "192.0.2.7:49153"]
        wrong = desk.run("show", file, password="other")
        assert (wrong.returncode, wrong.stdout) == (6, "") and "password" in wrong.stderr


def test_a_name_does_not_steer_the_terminal(desk):
    text = desk.run("show", desk.invite(name="A&#x9B;31m&#x202E;nn")).stdout
    assert "\x9b" not in text and "\u202e" not in text and "asks for help" in text


@pytest.mark.parametrize("vista", [False, True], ids=["xp", "vista"])
def test_version_2_gets_file_password_and_the_address_that_answers(desk, vista):
    desk.install("xfreerdp", 2)
    file = desk.invite(("name.invalid", 3389), desk.address, password=PASSWORD, vista=vista)
    done = desk.run("join", file, "--json", password=PASSWORD)
    assert done.returncode == 0 and done.stderr.startswith("FreeRDP 2 shows the invitation's password"), done.stderr
    assert json.loads(done.stdout) == {"event": "ended", "reason": "finished", "detail": ""}
    seen = desk.recorded()
    path = seen["argv"][0]
    assert path.endswith(".msrcIncident") and (seen["mode"], seen["folder"]) == ("0o600", "0o700")
    assert seen["argv"][1:] == [f"/assistance:{PASSWORD}", f"/v:127.0.0.1:{desk.address[1]}"]
    past = json.loads(desk.run("history", "--last", "--json").stdout)
    assert (past["role"], past["peer"], past["ended"]["reason"]) == ("helper", "Ann", "finished")
    assert (past["path"]["kind"], past["path"]["remote"]) == ("direct", f"127.0.0.1:{desk.address[1]}")
    assert "name.invalid:3389;127.0.0.1" in seen["invitation"] and ("LHTICKET" in seen["invitation"]) == vista
    assert not os.path.exists(path) and not os.path.exists(os.path.dirname(path))
    desk.listener.accept()[0].close()


@pytest.mark.parametrize("name", ["xfreerdp3", "xfreerdp"])
def test_version_3_has_no_secret_on_its_command_line(desk, name):
    desk.install(name, 3)
    done = desk.run("join", desk.invite(password=PASSWORD, vista=True), password=PASSWORD)
    assert done.returncode == 0, done.stderr
    seen = desk.recorded()
    assert seen["argv"] == ["/args-from:env:RA_CONNECT_FREERDP"]
    assert seen["lines"][1:] == [f"/assistance:{PASSWORD}"] and not os.path.exists(seen["path"])
    assert PASSWORD not in done.stderr


@pytest.mark.parametrize(("name", "version"), [("xfreerdp", 2), ("xfreerdp3", 3)])
@pytest.mark.parametrize("vista", [False, True], ids=["xp", "vista"])
def test_through_a_tunnel_it_leads_there_alone(desk, name, version, vista):
    desk.install(name, version)
    port = desk.address[1]
    file = desk.invite(("192.0.2.7", 3389), ("ann_pc", 3389), password=PASSWORD, vista=vista)
    done = desk.run("join", file, "--through", str(port), "--json", password=PASSWORD)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"event": "ended", "reason": "finished", "detail": ""}
    led = desk.recorded()["invitation"]
    assert f"65538,1,127.0.0.1:{port};127.0.0.1:{port},*," in led and "192.0.2.7" not in led
    # The address is under the password as well: what FreeRDP 3 goes by.
    copy = desk.folder / "led.MsRcIncident"
    copy.write_text(led)
    told = json.loads(desk.run("show", copy, "--json", password=PASSWORD).stdout)
    assert set(told["addresses"]) == {f"127.0.0.1:{port}"}


def test_a_tunnel_that_is_not_there_is_told(desk):
    desk.install("xfreerdp", 2)
    desk.listener.close()
    done = desk.run("join", desk.invite(("192.0.2.7", 3389)), "--through", str(desk.address[1]), "--json")
    assert done.returncode == 1 and not desk.record.exists()
    told = json.loads(done.stdout)
    assert told["reason"] == "no-path" and "Join a session first" in told["detail"]


def test_a_tunnel_is_for_an_invitation_of_windows_alone(desk):
    done = desk.run("join", "ABCDEF-ABCDEF", "--relay", "http://127.0.0.1:9", "--through", "3389")
    assert done.returncode == 2 and ".MsRcIncident" in done.stderr


def test_its_failure_is_told(desk):
    desk.install("xfreerdp", 2, then="sys.exit(131)")
    done = desk.run("join", desk.invite(), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["detail"].endswith("ended with code 131.")
    assert desk.recorded()["argv"][1:] == [f"/v:127.0.0.1:{desk.address[1]}"]


def test_whoever_ends_join_ends_the_client_and_leaves_nothing_behind(desk):
    desk.install("xfreerdp", 2, then="time.sleep(600)")
    join = desk.start("join", desk.invite())
    try:
        until = time.monotonic() + 30
        while not (desk.record.exists() and desk.record.read_text().endswith("}")) and time.monotonic() < until:
            time.sleep(0.02)
        path = desk.recorded()["path"]
        assert os.path.exists(path)
        join.signal(signal.SIGTERM)
        assert join.wait(30) == 1
        assert not os.path.exists(path)
    finally:
        if join.exit_code is None:
            join.stop()


def test_without_a_client_it_says_what_to_install(desk):
    done = desk.run("join", desk.invite())
    assert done.returncode == 1 and "freerdp3-x11" in done.stderr


def test_nobody_there_is_told_before_anything_is_started(desk):
    desk.install("xfreerdp", 2)
    desk.listener.close()
    done = desk.run("join", desk.invite(), "--json")
    assert done.returncode == 1 and not desk.record.exists()
    assert json.loads(done.stdout)["reason"] == "no-path"


@pytest.mark.parametrize(("options", "password", "reason"), [
    ({"start": 1_000_000_000}, None, "was good until 2001-09-09 02:46:40 UTC"),
    ({"password": PASSWORD, "vista": True}, "other", "not the one of this invitation"),
    ({"password": PASSWORD}, None, "has a password"),
])
def test_what_cannot_be_used_is_an_invitation_that_is_refused(desk, options, password, reason):
    desk.install("xfreerdp", 2)
    done = desk.run("join", desk.invite(**options), password=password)
    assert done.returncode == 6 and reason in done.stderr, done
    assert not desk.record.exists()


def test_a_damaged_one_is_refused(desk):
    file = desk.invite()
    file.write_bytes(file.read_bytes()[:-40])
    done = desk.run("join", file)
    assert done.returncode == 6 and "no invitation of Windows" in done.stderr


def test_freerdp_itself_goes_where_the_invitation_leads(desk):
    """FreeRDP 2 with a screen that is Xvfb's: it reads our copy of the file, and its first packet names who asks."""
    require("xfreerdp", "Xvfb", "xvfb-run", lab=False)
    desk.environment["PATH"] = os.environ["PATH"]
    command = [shutil.which("xvfb-run"), "-a", str(RA_CONNECT), "join", str(desk.invite(password=PASSWORD, vista=True))]
    join = Process(command, label="join", log=desk.folder / "join", command=command, env=desk.environment, cwd=desk.folder)
    try:
        join.send(PASSWORD)
        desk.listener.settimeout(60)
        first = b""
        while not first:  # we look whether somebody is there before FreeRDP comes
            peer = desk.listener.accept()[0]
            peer.settimeout(60)
            first = peer.recv(1000)
        assert first.startswith(b"\x03\x00") and b"mstshash=Ann" in first  # TPKT and X.224, [MS-RDPBCGR] section 2.2.1.1
        peer.close()
    finally:
        join.stop()
