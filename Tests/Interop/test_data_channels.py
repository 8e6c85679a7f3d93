"""Our whole way to a peer, as ra-connect drives it, meets those of Chromium, aiortc and pion: ICE, DTLS, SCTP and data
channels."""

import pathlib
import sys

import pytest
from meeting import PAYLOADS, Meeting, PageMeeting
from others import pion_end
from page import page
from scenarios import require
from scenarios.programs import ICE_AGENT

HERE = pathlib.Path(__file__).parent
#: Who has an address at the relay, and nothing else.
WAYS = {"direct": (False, False), "ours relayed": (True, False), "theirs relayed": (False, True), "both relayed": (True, True)}


@pytest.fixture
def our_end(relay):
    def start(role, setup, relayed):
        way = ["--address", "127.0.0.1"]
        if relayed:
            way = ["--relay", f"turn:127.0.0.1:{relay.port}?transport=udp", "--user", relay.user, "--password", relay.password]
        return relay.popen([ICE_AGENT, "--role", role, "--setup", setup, "--payloads", PAYLOADS, *way])
    return start


def configuration(relay, relayed):
    """What a page's peer connection is made with."""
    server = {"urls": f"turn:127.0.0.1:{relay.port}?transport=udp", "username": relay.user, "credential": relay.password}
    return {"iceTransportPolicy": "relay", "iceServers": [server]} if relayed else {}


@pytest.fixture
def chromium(relay):
    with page(relay, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream") as browser:
        yield browser


#: Our role in ICE, and in DTLS. Who is active opens the session's channels, as ra-connect's helper does. A page that answers is
#: active, always.
ROLES = [("controlling", "passive"), ("controlled", "passive"), ("controlled", "active")]


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize(("role", "setup"), ROLES)
def test_chromium(relay, chromium, our_end, role, setup, way):
    ours_relayed, theirs_relayed = WAYS[way]
    meeting = PageMeeting(
        our_end(role, setup, ours_relayed), chromium, configuration(relay, theirs_relayed),
        ours_offers=role == "controlling", ours_opens=setup == "active")
    meeting.connect()
    meeting.exchange()
    selected = meeting.agree()
    assert (selected["role"], selected["kind"]) == (role, "relayed" if ours_relayed or theirs_relayed else "direct")
    meeting.stop()


def test_consent_is_kept_with_chromium(relay, chromium, our_end):
    meeting = PageMeeting(
        our_end("controlling", "passive", False), chromium, {}, ours_offers=True, ours_opens=False)
    meeting.connect()
    meeting.keep_consent(8)
    meeting.stop()


@pytest.mark.parametrize("role", ["controlling", "controlled"])
def test_a_conflict_of_roles_with_chromium_is_resolved(relay, chromium, our_end, role):
    """A page that offers is controlling, and one that answers is controlled: here ours is so too."""
    offers = role == "controlled"
    meeting = PageMeeting(our_end(role, "passive", False), chromium, {}, ours_offers=offers, ours_opens=False)
    meeting.connect()
    meeting.exchange()
    meeting.agree()
    meeting.stop()


def test_a_page_that_hides_its_addresses_is_found(relay, our_end):
    """It says names that only its own network knows: ours cannot read them, and learns its address from its checks."""
    with page(relay) as browser:
        meeting = PageMeeting(our_end("controlling", "passive", False), browser, {}, ours_offers=True, ours_opens=False, shows=False)
        meeting.connect()
        meeting.exchange()
        assert any(".local " in line for line in meeting.said if line.startswith("a=candidate:"))
        meeting.stop()


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize(("role", "setup"), ROLES)
def test_aiortc(relay, our_end, role, setup, way):
    opens = "opens" if setup == "passive" else "waits"
    converse(relay, our_end, role, setup, way, [sys.executable, HERE / "ends" / "aiortc_end.py", f"--channels={opens}"])


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize(("role", "setup"), [*ROLES, ("controlling", "active")])
def test_pion(relay, our_end, role, setup, way):
    require("go", lab=False)
    opens = "opens" if setup == "passive" else "waits"
    converse(relay, our_end, role, setup, way, [pion_end(), f"-channels={opens}"])


def converse(relay, our_end, role, setup, way, their_end):
    ours_relayed, theirs_relayed = WAYS[way]
    their_end += ["controlled" if role == "controlling" else "controlling", PAYLOADS]
    their_end += ["-", "127.0.0.1", relay.port, relay.user, relay.password] if theirs_relayed else ["127.0.0.1"]
    meeting = Meeting(our_end(role, setup, ours_relayed), relay.popen(their_end))
    meeting.connect()
    meeting.exchange()
    selected = meeting.agree()
    assert (selected["role"], selected["kind"]) == (role, "relayed" if ours_relayed or theirs_relayed else "direct")
    meeting.stop()
