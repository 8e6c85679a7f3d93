"""TCP connections that a sharer lends: through real NATs and over the relay, whole, asked for, and taken back at once."""

import hashlib
import json

import pytest
from lab import Home
from scenarios import RA_CONNECT, Assistance, require
from scenarios.incident import invitation
from scenarios.waiting import eventually

PLAIN, SYMMETRIC = Home(), Home(nat="symmetric")
#: A port of the helper's, and where it leads: a name that the sharer alone knows, as it is its own computer.
LOCAL, PLACE = 8080, "localhost:8000"
SIZE = 12_000_000

#: Answers each line with how many bytes came before the end of input, which is when a server that counts can say so.
COUNTER = """
import socketserver, threading
class Counter(socketserver.BaseRequestHandler):
    def handle(self):
        count = 0
        while data := self.request.recv(65536):
            count += len(data)
        self.request.sendall(f"{count} bytes, and then the end".encode())
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64
with Server(("127.0.0.1", 8000), Counter) as server:
    print("ready", flush=True)
    server.serve_forever()
"""
#: Sends so many bytes from standard input to a port, says that this was all, and shows what comes back.
SENDER = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) as connection:
    for _ in range(int(sys.argv[2]) // 1000):
        connection.sendall(bytes(1000))
    connection.shutdown(socket.SHUT_WR)
    answer = b""
    while data := connection.recv(65536):
        answer += data
    print(answer.decode())
"""


def running(sharer=PLAIN, helper=PLAIN):
    require("Xvfb", "curl", "xdotool")
    return Assistance(sharer, helper)


def serve_pages(session):
    """A web server at the sharer with a large file; returns the file's digest."""
    folder = session.lab.sharer.directory / "pages"
    folder.mkdir()
    content = b"".join(hashlib.sha256(number.to_bytes(4)).digest() for number in range(SIZE // 32))
    (folder / "large").write_bytes(content)
    for number in range(20):
        (folder / f"part{number}").write_bytes(content[number * 500_000:][:500_000])
    (folder / "small").write_text("hello from the sharer's network\n")
    server = session.lab.sharer.popen(
        ["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "--protocol", "HTTP/1.1", "--directory", folder, "8000"])
    server.wait_for_line("Serving HTTP")
    return hashlib.sha256(content).hexdigest()


def lend(session, *, share=("--tcp", PLACE), join=("--tcp", f"{LOCAL}={PLACE}")):
    """A session in which the screen is seen and the connection was asked for; returns the request, which is not answered yet."""
    session.connect(*join, share_options=share)
    session.consent_to_view()
    return session.sharer.wait_for_event("request", where=lambda event: event["kind"] == "tcp")


def say_yes(session, request):
    session.sharer.send(f"yes {request['id']}")
    return session.helper.wait_for_event("tcp", where=lambda event: event["state"] == "listening")


def fetch(session, page, *, limit=120, port=LOCAL, check=True, options=()):
    return session.lab.helper.run(
        ["curl", "--silent", "--show-error", "--max-time", limit, *options, f"http://127.0.0.1:{port}/{page}"], check=check, timeout=limit + 10)


def fetch_large(session, name="large.copy", options=()):
    """Fetches the large file in the background; returns the process and where it is written."""
    target = session.lab.helper.directory / "tmp" / name
    process = session.lab.helper.popen(
        ["curl", "--silent", "--show-error", "--max-time", "150", *options, "--output", target, f"http://127.0.0.1:{LOCAL}/large"])
    return process, target


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(("homes", "kind"), [((PLAIN, PLAIN), "punched"), ((SYMMETRIC, SYMMETRIC), "relayed")], ids=["punched", "relayed"])
def test_a_web_server_of_the_sharers_is_reached_whole_and_by_many_at_once(homes, kind):
    with running(*homes) as session:
        wanted = serve_pages(session)
        request = lend(session)
        assert (request["detail"]["host"], request["detail"]["port"]) == ("localhost", 8000)
        # Before the yes the port leads nowhere.
        assert fetch(session, "small", check=False).returncode != 0
        event = say_yes(session, request)
        assert {key: event[key] for key in ("local", "host", "port", "state", "why")} == {
            "local": f"127.0.0.1:{LOCAL}", "host": "localhost", "port": 8000, "state": "listening", "why": None}
        assert fetch(session, "small").stdout == "hello from the sharer's network\n"
        # The window above all others says so for as long as it is lent.
        assert session.lab.sharer.run(
            ["xdotool", "search", "--onlyvisible", "--name", f"sees your screen and reaches {PLACE}"], check=False).stdout
        process, copy = fetch_large(session)
        assert process.wait(150) == 0 and digest(copy) == wanted
        assert [event["path"]["kind"] for event in session.helper.events if event.get("path")][-1] == kind
        # Twenty at once, each of its own connection; the session itself is heard meanwhile.
        many = [session.lab.helper.popen(["curl", "--silent", "--max-time", "120", "--output", session.lab.helper.directory / "tmp" / f"{number}",
                                          f"http://127.0.0.1:{LOCAL}/part{number}"])
                for number in range(20)]
        session.helper.send("say still here")
        session.sharer.wait_for_event("chat", where=lambda event: event["text"] == "still here")
        assert [process.wait(150) for process in many] == [0] * 20
        parts = b"".join((session.lab.helper.directory / "tmp" / f"{number}").read_bytes() for number in range(20))
        assert parts == (session.lab.sharer.directory / "pages" / "large").read_bytes()[:10_000_000]
        session.stop_in_order()
        for host in (session.lab.sharer, session.lab.helper):
            said = host.run([RA_CONNECT, "history", "--last", "--json"]).stdout
            record = json.loads(said)
            assert [(lent["to"], lent["count"]) for lent in record["connections"]] == [(PLACE, 22)], said
            assert max(record["connections"][0]["sent"], record["connections"][0]["received"]) > SIZE + 10_000_000


def test_each_direction_ends_by_itself():
    with running() as session:
        session.lab.sharer.popen(["python3", "-c", COUNTER]).wait_for_line("ready")
        say_yes(session, lend(session))
        said = session.lab.helper.run(["python3", "-c", SENDER, LOCAL, 3_000_000], timeout=90).stdout
        assert said == "3000000 bytes, and then the end\n"
        session.stop_in_order()


def test_the_first_that_was_named_is_meant_when_none_is():
    with running(Home(nat="none"), Home(nat="none")) as session:
        serve_pages(session)
        request = lend(session, share=("--tcp", PLACE, "--tcp", "localhost:9"), join=("--tcp", str(LOCAL)))
        assert (request["detail"]["host"], request["detail"]["port"]) == ("localhost", 8000)
        say_yes(session, request)
        assert fetch(session, "small").stdout.startswith("hello")
        session.stop_in_order()


def test_no_is_no_and_a_place_that_refuses_is_said_so():
    with running(Home(nat="none"), Home(nat="none")) as session:
        request = lend(session, share=("--tcp", "localhost:9", "--tcp", PLACE), join=("--tcp", "8009=localhost:9", "--tcp", f"{LOCAL}={PLACE}"))
        assert request["detail"]["port"] == 9
        other = session.sharer.wait_for_event("request", where=lambda event: event["kind"] == "tcp" and event["id"] != request["id"])
        session.sharer.send(f"no {other['id']}")
        closed = session.helper.wait_for_event("tcp", where=lambda event: event["state"] == "closed")
        assert closed["local"] == f"127.0.0.1:{LOCAL}"
        assert say_yes(session, request)["local"] == "127.0.0.1:8009"
        assert fetch(session, "", check=False).returncode == 7  # nobody listens there any more
        assert fetch(session, "", port=8009, check=False).returncode != 0
        failed = session.helper.wait_for_event("tcp", where=lambda event: event["state"] == "failed")
        assert failed["why"] == "localhost:9 refused the connection: nobody listens there."
        session.stop_in_order()


@pytest.mark.parametrize(("share", "join", "why"), [
    ((), f"{LOCAL}={PLACE}", "Sharon lends no connections; “ra-connect share --tcp HOST:PORT” does."),
    (("--tcp", "localhost:9"), f"{LOCAL}={PLACE}", "Sharon does not lend connections to localhost:8000, but to localhost:9."),
])
def test_what_was_not_named_is_not_asked_for(share, join, why):
    with running(Home(nat="none"), Home(nat="none")) as session:
        session.connect("--tcp", join, share_options=share)
        session.consent_to_view()
        assert session.helper.wait_for_event("tcp")["why"] == why
        assert not [event for event in session.sharer.events if event["event"] == "request" and event["kind"] == "tcp"]
        session.stop_in_order()


@pytest.mark.parametrize("who", ["sharer", "helper"])
def test_taken_back_in_the_middle_everything_ends_at_once(who):
    with running() as session:
        serve_pages(session)
        say_yes(session, lend(session))
        process, copy = fetch_large(session, options=["--limit-rate", "200k"])
        eventually(lambda: copy.exists() and copy.stat().st_size > 100_000, "something has arrived", timeout=60)
        if who == "sharer":
            session.sharer.send("revoke tcp")
        else:
            session.helper.send("release tcp")
        assert process.wait(15) in (18, 56)  # it ended too early, or was reset
        assert session.helper.wait_for_event("tcp", where=lambda event: event["state"] == "closed")["local"] == f"127.0.0.1:{LOCAL}"
        session.sharer.wait_for_event("revoked", where=lambda event: event["kind"] == "tcp" and event["by"] == who)
        assert fetch(session, "small", check=False).returncode == 7
        # The session itself goes on.
        session.helper.send("say and now?")
        session.sharer.wait_for_event("chat", where=lambda event: event["text"] == "and now?")
        session.stop_in_order()


def test_a_connection_outlives_its_path():
    with running() as session:
        wanted = serve_pages(session)
        assert session.connect("--tcp", str(LOCAL), share_options=("--tcp", PLACE))[1]["path"]["kind"] == "punched"
        session.consent_to_view()
        say_yes(session, session.sharer.wait_for_event("request", where=lambda event: event["kind"] == "tcp"))
        process, copy = fetch_large(session, options=["--limit-rate", "2M"])
        eventually(lambda: copy.exists() and copy.stat().st_size > 1_000_000, "something has arrived", timeout=60)
        session.forbid_direct_paths()
        session.helper.wait_for_event(
            "path", timeout=30, where=lambda event: event["path"] and event["path"]["kind"] == "relayed")
        assert process.wait(150) == 0 and digest(copy) == wanted
        session.stop_in_order()


def test_a_port_in_use_is_said_before_anything_else():
    with running(Home(nat="none"), Home(nat="none")) as session:
        code = session.invite("--tcp", PLACE)
        session.lab.helper.popen(["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", str(LOCAL)]).wait_for_line("Serving HTTP")
        session.join(code, "--tcp", str(LOCAL), json=False)
        assert session.helper.wait() == 2
        assert f"Port {LOCAL} is in use on this computer" in session.helper.errors
        assert not [event for event in session.sharer.events if event["event"] == "helper"]
        session.sharer.stop()


def test_an_invitation_of_windows_goes_through_a_session():
    """FreeRDP at the helper, and at the sharer's side somebody who listens as Windows would, where no port is open."""
    require("Xvfb", "xfreerdp", "xvfb-run")
    listener = """
import socket
with socket.create_server(("127.0.0.1", 3389)) as server:
    print("ready", flush=True)
    while True:
        peer = server.accept()[0]
        peer.settimeout(60)
        first = peer.recv(1000)
        peer.close()
        if first:
            break
    print("first packet", first.hex(), flush=True)
"""
    with running() as session:
        windows = session.lab.sharer.popen(["python3", "-u", "-c", listener])
        windows.wait_for_line("ready")
        place = "localhost:3389"
        say_yes(session, lend(session, share=("--tcp", place), join=("--tcp", f"13389={place}")))
        file = session.lab.helper.directory / "tmp" / "help.MsRcIncident"
        file.write_bytes(invitation([("192.168.1.20", 3389)], password="Fünf & 6", vista=True))
        join = session.lab.helper.popen(
            ["xvfb-run", "-a", RA_CONNECT, "join", file, "--through", "13389", "--json"])
        join.send("Fünf & 6")
        line = windows.wait_for_line("first packet", timeout=90)
        first = bytes.fromhex(line.split()[-1])
        assert first.startswith(b"\x03\x00") and b"mstshash=Ann" in first  # TPKT and X.224, [MS-RDPBCGR] section 2.2.1.1
        join.stop()
        session.stop_in_order()
