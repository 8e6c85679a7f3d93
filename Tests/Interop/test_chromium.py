"""Chromium's WebRTC, allowed relay candidates only, opens a data channel through our relay."""

import json

import pytest
from conftest import named_by
from page import page

SCRIPT = """
(async () => {
  const config = {
    iceTransportPolicy: "relay",
    iceServers: [{ urls: %(urls)s, username: "%(user)s", credential: "%(password)s" }],
  };
  const one = new RTCPeerConnection(config), other = new RTCPeerConnection(config);
  const candidates = [], errors = [];
  for (const [here, there] of [[one, other], [other, one]]) {
    here.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) candidates.push(candidate.candidate);
      there.addIceCandidate(candidate);
    };
    here.onicecandidateerror = (error) => errors.push(`${error.errorCode} ${error.errorText} ${error.url}`);
  }
  const channel = one.createDataChannel("test");
  const echoed = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`no echo; ${one.iceConnectionState}; ${candidates}; ${errors}`)), 25000);
    const received = [];
    other.ondatachannel = ({ channel }) => { channel.onmessage = ({ data }) => channel.send(data); };
    channel.onopen = () => { for (let n = 0; n < 100; n++) channel.send(`${n}:` + "x".repeat(n * 50)); };
    channel.onmessage = ({ data }) => { received.push(data); if (received.length === 100) resolve(received); };
  });
  await one.setLocalDescription(await one.createOffer());
  await other.setRemoteDescription(one.localDescription);
  await other.setLocalDescription(await other.createAnswer());
  await one.setRemoteDescription(other.localDescription);
  const received = await echoed;
  const stats = [...(await one.getStats()).values()];
  const pair = stats.find((entry) => entry.type === "candidate-pair" && entry.nominated);
  const local = stats.find((entry) => entry.id === pair.localCandidateId);
  one.close(); other.close();
  return { lengths: received.map((text) => text.length), type: local.candidateType, transport: local.relayProtocol, candidates };
})()
"""


LENGTHS = [len(f"{number}:") + number * 50 for number in range(100)]

#: Why there is no candidate, as the page is told it.
REFUSED = """
(async () => {
  const connection = new RTCPeerConnection({
    iceTransportPolicy: "relay",
    iceServers: [{ urls: %(urls)s, username: "%(user)s", credential: "guess" }],
  });
  const candidates = [], errors = [];
  connection.onicecandidate = ({ candidate }) => { if (candidate?.candidate) candidates.push(candidate.candidate); };
  connection.onicecandidateerror = ({ errorCode }) => errors.push(errorCode);
  connection.createDataChannel("test");
  const gathered = new Promise((resolve) => {
    connection.onicegatheringstatechange = () => { if (connection.iceGatheringState === "complete") resolve(); };
  });
  await connection.setLocalDescription(await connection.createOffer());
  await gathered;
  connection.close();
  return { candidates, errors };
})()
"""


#: Both listeners are offered as candidates of the other side, and Chromium checks both through the relay.
KNOCK = """
(async () => {
  const one = new RTCPeerConnection({
    iceTransportPolicy: "relay",
    iceServers: [{ urls: %(urls)s, username: "%(user)s", credential: "%(password)s" }],
  });
  const other = new RTCPeerConnection();
  one.createDataChannel("test");
  await one.setLocalDescription(await one.createOffer());
  await other.setRemoteDescription(one.localDescription);
  await other.setLocalDescription(await other.createAnswer());
  const { type, sdp } = other.localDescription;
  await one.setRemoteDescription({ type, sdp: sdp.split("\\r\\n").filter((line) => !line.startsWith("a=candidate")).join("\\r\\n") });
  const peers = %(peers)s;
  for (const [number, [ip, port]] of peers.entries())
    await one.addIceCandidate({ sdpMid: "0", candidate: `candidate:${number} 1 udp ${2122260223 - number} ${ip} ${port} typ host` });
  window.kept = [one, other];
})()
"""


def urls(relay, transport):
    """One address of the relay, as a page writes it."""
    if transport == "tls":
        return json.dumps(f"turns:127.0.0.1:{relay.tls_port}?transport=tcp")
    return json.dumps(f"turn:127.0.0.1:{relay.port}?transport={transport}")


@pytest.fixture
def browser(relay):
    with page(relay) as browser:
        yield browser


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_data_channel_opens_through_the_relay(relay, browser, transport):
    seen = browser.evaluate(SCRIPT % {
        "urls": urls(relay, transport), "user": relay.user, "password": relay.password}, timeout=40)
    assert seen["lengths"] == LENGTHS
    assert (seen["type"], seen["transport"]) == ("relay", transport)
    assert all(" typ relay " in candidate for candidate in seen["candidates"])


def test_everything_that_a_relay_names_may_be_given_to_a_page(relay, browser):
    """A browser knows no DTLS here; its address among the others does no harm."""
    seen = browser.evaluate(SCRIPT % {
        "urls": json.dumps(named_by(relay)), "user": relay.user, "password": relay.password}, timeout=40)
    assert seen["lengths"] == LENGTHS and seen["type"] == "relay"


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_wrong_password_is_told_to_the_page(relay, browser, transport):
    seen = browser.evaluate(REFUSED % {"urls": urls(relay, transport), "user": relay.user}, timeout=40)
    assert seen["candidates"] == []
    assert 401 in seen["errors"]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_peer_that_is_not_allowed_gets_nothing(relay, browser, listeners, transport):
    peers = [listeners.denied.getsockname(), listeners.allowed.getsockname()]
    browser.evaluate(KNOCK % {"urls": urls(relay, transport), "user": relay.user, "password": relay.password,
                              "peers": json.dumps(peers)}, timeout=40)
    listeners.assert_one_is_reached(datagrams=5)
    states = browser.evaluate("""(async () => [...(await kept[0].getStats()).values()]
        .filter((entry) => entry.type === "candidate-pair").map((entry) => entry.requestsSent))()""")
    assert len(states) == 2 and min(states) > 0, f"Chromium did not check both peers: {states}"
