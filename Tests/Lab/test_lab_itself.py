"""The lab behaves as it says, and leaves nothing behind."""

import base64
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
from lab import Home, Lab, LabError, MAPPING_MODES, NAT_KINDS, TimedOut, why_not_here
from lab import check, picture
from lab.nat import ruleset
from scenarios import inside, require

HERE = pathlib.Path(__file__).parent
needs_lab = pytest.mark.skipif(why_not_here() is not None, reason=str(why_not_here()))


def namespaces():
    return {line.split()[0] for line in subprocess.run(
        ["ip", "netns", "list"], stdout=subprocess.PIPE, text=True).stdout.splitlines()}


# Every kind of NAT

@needs_lab
@pytest.mark.parametrize("kind", NAT_KINDS)
def test_the_nat_behaves_as_named(kind):
    with Lab(sharer=Home(nat=kind)) as lab:
        seen = check.observe(lab, lab.sharer)
        assert (seen["mapping"], seen["filtering"]) == check.EXPECTED[kind]
        if seen["public"]:
            assert seen["public"] == lab.sharer.public_address
        if kind == "plain":
            assert seen["port_kept"]


@needs_lab
def test_a_closed_home_lets_nobody_in():
    with Lab() as lab:
        for transport in ("udp", "tcp"):
            check.listener(lab.sharer, transport, 5000)
            assert not check.knocks(lab.relay, transport, lab.sharer.public_address, 5000)
            assert not check.knocks(lab.helper, transport, lab.sharer.public_address, 5000)


@needs_lab
@pytest.mark.parametrize("kind, port, arrives", [
    ("plain", 80, True), ("udp-blocked", 80, True), ("https-only", 443, True), ("https-only", 80, False),
    ("rdp-only", 3389, True), ("rdp-only", 443, False), ("proxy-only", 443, False)])
def test_tcp_gets_out_where_it_should(kind, port, arrives):
    with Lab(helper=Home(nat=kind)) as lab:
        check.listener(lab.relay, "tcp", port)
        assert check.knocks(lab.helper, "tcp", lab.relay.address, port) == arrives


@needs_lab
def test_a_router_loses_what_it_is_told_to_lose():
    with Lab(sharer=Home(loss=100)) as lab:
        assert check.observe(lab, lab.sharer)["mapping"] == "blocked"


@needs_lab
def test_ipv6_has_no_nat_and_a_closed_door():
    with Lab(ipv6=True) as lab:
        for host in (lab.sharer, lab.relay):
            check.listener(host, "tcp", 5000)
        assert check.knocks(lab.sharer, "tcp", lab.relay.address6, 5000)
        assert check.knocks(lab.helper, "tcp", lab.relay.address6, 5000)
        assert not check.knocks(lab.relay, "tcp", lab.sharer.address6, 5000)


@needs_lab
def test_a_slow_line_holds_each_packet_each_way_and_changes_none():
    with Lab(sharer=Home(delay=0.05), relay_delay=0.05) as lab:
        for home, least in ((lab.sharer, 0.2), (lab.helper, 0.1)):
            with inside.listen(lab.relay, lab.relay.address, 0) as listener:
                begun = time.monotonic()
                with inside.connect(home, lab.relay.address, listener.getsockname()[1]) as there:
                    assert time.monotonic() - begun >= least, "a connection takes a round trip"
                    said = os.urandom(300_000)
                    threading.Thread(target=there.sendall, args=[said], daemon=True).start()
                    here = listener.accept()[0]
                    with here:
                        here.settimeout(30)
                        assert b"".join(_read(here, len(said))) == said


def _read(connection, count):
    while count > 0 and (piece := connection.recv(min(count, 65536))):
        count -= len(piece)
        yield piece


@needs_lab
def test_who_has_ipv6_alone_reaches_nobody_by_ipv4():
    with Lab(ipv6=True, ipv4=("relay", "helper")) as lab:
        check.listener(lab.relay, "tcp", 5000)
        assert lab.sharer.address == lab.sharer.address6
        assert check.knocks(lab.sharer, "tcp", lab.relay.address6, 5000)
        assert not check.knocks(lab.sharer, "tcp", lab.relay.address4, 5000)
        assert check.knocks(lab.helper, "tcp", lab.relay.address4, 5000)


# The proxy

def through_proxy(host, target, credentials=""):
    """What the proxy of the host's router answers to CONNECT, in its first line."""
    field = f"Proxy-Authorization: Basic {base64.b64encode(credentials.encode()).decode()}\r\n" if credentials else ""
    request = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{field}\r\n"
    address, port = host.router.proxy_address.split(":")
    with inside.connect(host, address, int(port)) as connection:
        connection.sendall(request.encode())
        return connection.recv(1000).decode().split("\r\n")[0]


@needs_lab
def test_a_proxy_connects_to_port_443_alone_and_asks_for_its_password():
    require("tinyproxy")
    with Lab(sharer=Home(nat="proxy-only"), helper=Home(nat="proxy-only", proxy_password="anna:secret")) as lab:
        for port in (443, 3478):
            check.listener(lab.relay, "tcp", port)
        assert " 200 " in through_proxy(lab.sharer, f"{lab.relay.address}:443")
        assert " 403 " in through_proxy(lab.sharer, f"{lab.relay.address}:3478")
        assert " 407 " in through_proxy(lab.helper, f"{lab.relay.address}:443")
        assert " 200 " in through_proxy(lab.helper, f"{lab.relay.address}:443", "anna:secret")


@needs_lab
def test_who_looks_inside_lets_tls_through_and_nothing_else():
    with Lab(sharer=Home(nat="tls-only")) as lab:
        with inside.listen(lab.relay, lab.relay.address, 443) as server:
            for first, arrives in ((b"\x16\x03\x01 hello", True), (b"GET / HTTP/1.1", False), (b"\0\1\0\0", False)):
                with inside.connect(lab.sharer, lab.relay.address, 443) as client:
                    peer, _ = server.accept()
                    with peer:
                        client.sendall(first)
                        if not arrives:
                            with pytest.raises(ConnectionResetError):
                                client.recv(100)
                            continue
                        assert peer.recv(100) == first
                        client.sendall(b"and whatever follows")
                        assert peer.recv(100) == b"and whatever follows"


# Every mapping mode

@needs_lab
@pytest.mark.parametrize("mode", MAPPING_MODES)
def test_the_router_answers_whom_it_should(mode):
    with Lab(sharer=Home(mapping=mode)) as lab:
        ways = {"upnp": check.map_with_upnpc, "nat-pmp": check.map_with_natpmpc, "pcp": check.map_with_pcp}
        assert [name for name, ask in ways.items() if ask(lab.sharer, "udp", 5000)] == check.ACCEPTED[mode]


@needs_lab
@pytest.mark.parametrize("mode, ask, transport", [
    ("all", check.map_with_upnpc, "tcp"), ("upnp", check.map_with_upnpc, "udp"), ("igd1", check.map_with_upnpc, "udp"),
    ("nat-pmp", check.map_with_natpmpc, "udp"), ("pcp", check.map_with_pcp, "tcp")])
def test_a_mapped_port_is_reachable_from_the_internet(mode, ask, transport):
    with Lab(sharer=Home(nat="symmetric", mapping=mode)) as lab:
        check.listener(lab.sharer, transport, 5000)
        assert not check.knocks(lab.helper, transport, lab.sharer.public_address, 5000)
        assert ask(lab.sharer, transport, 5000)
        assert len(lab.sharer.router.mappings()) == 1
        assert check.knocks(lab.helper, transport, lab.sharer.public_address, 5000)


@needs_lab
def test_a_dead_mapping_is_accepted_and_goes_nowhere():
    with Lab(sharer=Home(mapping="dead")) as lab:
        check.listener(lab.sharer, "udp", 5000)
        assert check.map_with_upnpc(lab.sharer, "udp", 5000)
        assert not check.knocks(lab.relay, "udp", lab.sharer.public_address, 5000)


# Processes

@needs_lab
def test_a_process_speaks_in_lines_and_events_and_hears():
    script = 'echo hello; read word; echo "{\\"event\\":\\"heard\\",\\"word\\":\\"$word\\"}"; echo complaint >&2; exit 3'
    with Lab() as lab:
        process = lab.sharer.popen(["sh", "-c", script])
        process.wait_for_line("hello")
        process.send("yes")
        assert process.wait_for_event("heard", where=lambda event: event["word"] == "yes")["word"] == "yes"
        assert process.wait() == 3
        assert process.errors == "complaint\n"
        assert process.stdout_log.read_text().startswith("hello\n")
        with pytest.raises(TimedOut, match="ended without"):
            process.wait_for_event("never")


@needs_lab
def test_programs_see_a_clean_environment(monkeypatch):
    monkeypatch.setenv("RA_RELAY", "http://elsewhere.example")
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    with Lab() as lab:
        seen = lab.sharer.run(["env"], env={"EXTRA": 1}).stdout
        assert "elsewhere" not in seen and "proxy" not in seen
        assert f"HOME={lab.sharer.home}" in seen and "EXTRA=1" in seen


@needs_lab
def test_a_failing_command_says_where_and_why():
    with Lab() as lab, pytest.raises(LabError, match="on helper ended with 2"):
        lab.helper.run(["sh", "-c", "echo no such luck >&2; exit 2"])


@needs_lab
@pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool")
def test_a_display_is_seen_by_the_programs_of_its_host():
    with Lab() as lab:
        first, second = lab.sharer.start_display(640, 480), lab.helper.start_display(800, 600)
        assert first != second
        assert lab.sharer.run(["xdotool", "getdisplaygeometry"]).stdout.split() == ["640", "480"]
        assert lab.helper.run(["xdotool", "getdisplaygeometry"]).stdout.split() == ["800", "600"]


# Coming and going

@needs_lab
def test_two_labs_live_side_by_side():
    with Lab() as one, Lab(sharer=Home(nat="symmetric")) as two:
        assert check.observe(one, one.sharer)["port_kept"]
        assert not check.observe(two, two.sharer)["port_kept"]


@needs_lab
def test_nothing_is_left_after_an_exception(capfd):
    with pytest.raises(ZeroDivisionError), Lab() as lab:
        stubborn = lab.sharer.popen(["sh", "-c", "trap '' TERM; setsid sleep 1000 & echo up; wait; sleep 1000"])
        stubborn.wait_for_line("up")
        lab.sharer.processes[0].stop(grace=0.1)
        raise ZeroDivisionError
    assert not any(name.startswith(lab.prefix) for name in namespaces())
    assert str(lab.directory) in capfd.readouterr().err and lab.directory.exists()
    subprocess.run(["rm", "-r", str(lab.directory)], check=True)


@needs_lab
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_after_a_signal(number):
    process = subprocess.Popen(
        [sys.executable, HERE / "lab.py", "up", "--sharer-upnp", "all", "--", "sh", "-c", "echo up; exec sleep 1000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout.readline() == "up\n"
    prefix = next(found[1] for line in process.stderr if (found := re.search(r"(ra\d+-[0-9a-f]+)-NAME", line)))
    assert any(name.startswith(prefix) for name in namespaces())
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    process.wait(10)
    process.stdout.close()
    process.stderr.close()

    def left():
        return [name for name in namespaces() if name.startswith(prefix)] + list(pathlib.Path("/tmp").glob(f"{prefix}-*"))

    deadline = time.monotonic() + 15  # after SIGKILL the watcher needs a moment
    while left() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left() == []


def test_a_home_that_cannot_be_is_refused():
    for wrong in ({"nat": "conical"}, {"mapping": "magic"}, {"nat": "none", "mapping": "upnp"}, {"loss": 101}):
        with pytest.raises(LabError):
            Home(**wrong)


@pytest.mark.parametrize("kind", sorted(NAT_KINDS))
def test_every_statement_of_a_ruleset_has_a_line_of_its_own(kind):
    text = ruleset(kind, lan_host="192.168.1.10", mapping="pcp", loss=5)
    assert text.count("{") == text.count("}")
    assert not re.search(r";.*;.*;", text)


# Pictures

@pytest.mark.skipif(picture.why_not_here() is not None, reason=str(picture.why_not_here()))
def test_similarity_falls_with_damage_and_needs_equal_sizes(tmp_path):
    import numpy
    import PIL.Image

    random = numpy.random.default_rng(7)
    original = random.integers(0, 256, (64, 96), dtype=numpy.uint8)
    slightly = numpy.clip(original.astype(int) + random.integers(-6, 7, original.shape), 0, 255).astype(numpy.uint8)
    for name, pixels in {"one": original, "noisy": slightly, "other": original[::-1], "small": original[:32]}.items():
        PIL.Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    assert picture.ssim(tmp_path / "one.png", tmp_path / "one.png") == pytest.approx(1)
    assert picture.ssim(tmp_path / "one.png", tmp_path / "noisy.png") > 0.95
    assert picture.ssim(tmp_path / "one.png", tmp_path / "other.png") < 0.2
    assert picture.size(tmp_path / "one.png") == (96, 64)
    with pytest.raises(ValueError, match="size"):
        picture.ssim(tmp_path / "one.png", tmp_path / "small.png")
