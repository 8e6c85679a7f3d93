"""People who wait: sharers with an invitation that nobody has used yet, each with a WebSocket of its own."""

import os
import pathlib
import resource

import pytest
from conftest import free_port
from lab import Process
from rendezvous import Client, Gone
from scenarios import RA_RELAY, require
from test_hostile_input import resident

#: Issue 5: ten thousand of them on one host cost under 20 KB each. As many as the relay's bound on connections lets wait here.
COUNT, EACH = 5000, 20
#: Of one address: below the relay's bounds on connections and on open invitations.
PER_ADDRESS = 60


def test_a_sharer_who_waits_is_cheap(tmp_path):
    require(lab=False)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < COUNT + 1000:
        pytest.skip(f"only {hard} open files are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, COUNT + 1000), hard))
    port, clients, process = free_port(), [], None
    settings = tmp_path / "relay.toml"
    settings.write_text("invitations-per-minute = 1000\n")
    command = [str(word) for word in (
        RA_RELAY, "serve", "--config", settings, "--listen", "127.0.0.1", "--port", port, "--also-listen", "",
        "--state", tmp_path / "state")]
    try:
        process = Process(command, label="ra-relay", log=tmp_path / "relay", command=command,
                          env={**os.environ, "SWIFT_BACKTRACE": "enable=no"}, cwd=tmp_path)
        process.wait_for_line("ra-relay ready")
        memory = pathlib.Path(f"/proc/{process.pid}")

        def wait_for(count):
            while len(clients) < count:
                client = Client(port, source=f"127.2.{len(clients) // PER_ADDRESS // 250}.{len(clients) // PER_ADDRESS % 250 + 1}")
                clients.append(client)
                answer = client.create()
                assert answer["type"] == "created", answer

        wait_for(200)  # what the first ones load and reserve is not theirs
        before = resident(memory)
        wait_for(200 + COUNT)
        each = (resident(memory) - before) / COUNT / 1000
        print(f"{each:.1f} KB for each of {COUNT} who wait")
        # Half more, as memory comes in pieces.
        assert each < 1.5 * EACH, f"{each:.1f} KB each"
        # All of them are still there, and are found.
        for client in clients[:: COUNT // 50]:
            assert client.ask("extend", lookup="000000", lifetime=60)["type"] == "error"
    finally:
        for client in clients:
            client.close()
        if process:
            process.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(("origin", "is_ours"), [
    (None, True), ("http://relay", True), ("https://RELAY", True), ("https://evil.example", False), ("null", False),
    ("http://relay.evil.example", False), ("http://evil@relay", False), ("http://relay:3478", False),
])
def test_a_page_from_elsewhere_opens_no_websocket(relay, origin, is_ours):
    fields = f"Origin: {origin}\r\n".encode() if origin else b""
    if is_ours:
        client = Client(relay.port, fields=fields)
        assert client.status == 101 and client.create()["type"] == "created"
        client.close()
    else:
        with pytest.raises(Gone):  # closed without a word
            Client(relay.port, fields=fields)
