"""Our ICE agent, as ra-connect drives it, meets those of aioice, libnice and pion: bare ICE, and datagrams on it."""

import pathlib
import sys

import pytest
from lab import Home, Lab
from meeting import PAYLOADS, Meeting
from others import libnice_end, pion_end
from scenarios import require
from scenarios.programs import ICE_AGENT, RA_RELAY
from scenarios.waiting import eventually

HERE = pathlib.Path(__file__).parent
OTHERS = {
    "aioice": ((), lambda: [sys.executable, HERE / "ends" / "aioice_end.py"]),
    "libnice": (("cc", "pkg-config"), lambda: [libnice_end()]),
    "pion": (("go",), lambda: [pion_end()]),
}
OPPOSITE = {"controlling": "controlled", "controlled": "controlling"}


@pytest.fixture(params=list(OTHERS))
def other(request):
    """The name of somebody else's agent."""
    require(*OTHERS[request.param][0], lab=False)
    return request.param


@pytest.fixture
def meet(relay):
    """Starts both ends. Each is given an address of its own, or our relay, or both."""

    def start(other, *, ours, theirs, address="127.0.0.1", ours_by=("host",), theirs_by=("host",), transport="udp"):
        our_end = [ICE_AGENT, "--role", ours, "--payloads", PAYLOADS]
        their_end = [*OTHERS[other][1](), theirs, PAYLOADS, address if "host" in theirs_by else "-"]
        if "host" in ours_by:
            our_end += ["--address", address]
        if "relay" in ours_by:
            uri = (f"turns:127.0.0.1:{relay.tls_port}?transport=tcp" if transport == "tls"
                   else f"turn:127.0.0.1:{relay.port}?transport={transport}")
            our_end += ["--relay", uri, "--user", relay.user, "--password", relay.password]
        if "relay" in theirs_by:
            their_end += ["127.0.0.1", relay.port, relay.user, relay.password]
        return Meeting(relay.popen(our_end), relay.popen(their_end))
    return start


@pytest.mark.parametrize("role", list(OPPOSITE))
@pytest.mark.parametrize(("other", "address"), [
    (other, address) for other in OTHERS for address in ("127.0.0.1", "::1")
    if (other, address) != ("pion", "::1")])  # pion takes every address that begins with 96 zeros for IPv4
def test_host_to_host(meet, other, role, address):
    require(*OTHERS[other][0], lab=False)
    meeting = meet(other, ours=role, theirs=OPPOSITE[role], address=address)
    meeting.connect()
    meeting.exchange()
    selected = meeting.agree()
    assert (selected["role"], selected["kind"]) == (role, "direct")
    meeting.stop()


@pytest.mark.parametrize("door", [False, True], ids=["we connect", "both connect and listen"])
@pytest.mark.parametrize("role", list(OPPOSITE))
def test_over_tcp_alone(relay, role, door):
    """RFC 6544. libnice opens connections and listens; the others that are here speak UDP."""
    require(*OTHERS["libnice"][0], lab=False)
    ours = [ICE_AGENT, "--role", role, "--payloads", PAYLOADS, "--address", "127.0.0.1", *["--door"] * door]
    meeting = Meeting(relay.popen(ours), relay.popen([libnice_end(), OPPOSITE[role], PAYLOADS, "tcp:127.0.0.1"]))
    meeting.connect()
    meeting.exchange()
    selected = eventually(lambda: Meeting.selected(meeting.ours), "ours has selected a pair")
    assert (selected["role"], selected["kind"], selected["transport"]) == (role, "direct", "tcp")
    # libnice takes the end of a connection for a failure: it is the first to be told.
    for end in (meeting.theirs, meeting.ours):
        end.send("stop")
        assert end.wait() == 0, f"{end!r}:\n{end.errors[-2000:]}"


@pytest.mark.parametrize("role", list(OPPOSITE))
def test_consent_is_kept(meet, other, role):
    """For longer than others wait for it (aioice 3 s, pion 5 s)."""
    meeting = meet(other, ours=role, theirs=OPPOSITE[role])
    meeting.connect()
    meeting.keep_consent(10)
    meeting.stop()


@pytest.mark.parametrize(("ours_by", "theirs_by"), [
    (("relay",), ("host",)), (("host",), ("relay",)), (("relay",), ("relay",))])
@pytest.mark.parametrize("role", list(OPPOSITE))
def test_through_the_relay(meet, other, role, ours_by, theirs_by):
    """One side has nothing but an address at our relay, or both have."""
    meeting = meet(other, ours=role, theirs=OPPOSITE[role], ours_by=ours_by, theirs_by=theirs_by)
    meeting.connect()
    meeting.exchange()
    selected = meeting.agree()
    assert (selected["role"], selected["kind"]) == (role, "relayed")
    meeting.stop()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_our_way_to_the_relay_may_be_a_stream(relay, meet, monkeypatch, other, transport):
    monkeypatch.setenv("SSL_CERT_FILE", str(relay.authority.root))
    meeting = meet(other, ours="controlling", theirs="controlled", ours_by=("relay",), transport=transport)
    meeting.connect()
    meeting.exchange()
    assert meeting.agree()["kind"] == "relayed"
    meeting.stop()


@pytest.mark.parametrize(("other", "role"), [
    (other, role) for other in OTHERS for role in OPPOSITE
    if (other, role) != ("aioice", "controlled")])  # aioice nominates every pair, and stays on the last that answered
def test_the_direct_path_is_preferred(meet, other, role):
    """Both have an address of their own and one at the relay: whoever chooses, the relay is left out."""
    require(*OTHERS[other][0], lab=False)
    meeting = meet(other, ours=role, theirs=OPPOSITE[role], ours_by=("host", "relay"), theirs_by=("host", "relay"))
    meeting.connect()
    meeting.exchange()
    assert meeting.agree()["kind"] == "direct"
    meeting.stop()


@pytest.mark.parametrize("role", list(OPPOSITE))
@pytest.mark.parametrize("other", ["aioice", "libnice"])
def test_a_conflict_of_roles_is_resolved(meet, other, role):
    """Both begin in the same role (RFC 8445 §7.3.1.1). pion/ice 2.3 drops such a check without an answer, so that there
    it is a matter of luck."""
    require(*OTHERS[other][0], lab=False)
    meeting = meet(other, ours=role, theirs=role)
    meeting.connect()
    meeting.exchange()
    meeting.agree()
    meeting.stop()


@pytest.mark.parametrize("role", list(OPPOSITE))
@pytest.mark.parametrize(("nat", "kind"), [("plain", "punched"), ("symmetric", "relayed")])
def test_between_two_homes(other, nat, kind, role):
    """Each end is behind a router of its own, and asks our relay how it is seen from outside (libnice by TURN alone: its STUN is
    RFC 3489's, to which the relay is silent). Where that is enough the relay forwards to neither, for what others choose in a
    hurry would be a matter of luck."""
    require(*OTHERS[other][0])
    closed = ["--deny-peer", "11.0.0.0/8"] * (kind == "punched")
    with Lab(sharer=Home(nat=nat), helper=Home(nat=nat)) as lab:
        lab.relay.popen([RA_RELAY, "serve", "--user", "alice:swordfish", *closed]).wait_for_line("ra-relay ready")
        ours = lab.sharer.popen([
            ICE_AGENT, "--role", role, "--payloads", PAYLOADS, "--address", lab.sharer.address, "--relay",
            f"turn:{lab.relay.address}:3478?transport=udp", "--user", "alice", "--password", "swordfish"])
        theirs = lab.helper.popen([
            *OTHERS[other][1](), OPPOSITE[role], PAYLOADS, lab.helper.address, lab.relay.address, 3478, "alice", "swordfish"])
        meeting = Meeting(ours, theirs)
        meeting.connect()
        meeting.exchange()
        # Data flows before anything is selected; and what is selected first may be bettered.
        ours.wait_for_event("selected", timeout=60, where=lambda event: event["kind"] == kind)
        if kind == "punched":
            meeting.agree(lab.helper.public_address)
        meeting.stop()
