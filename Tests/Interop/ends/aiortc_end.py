"""The end of a meeting that aiortc has: what test_data_channels.py runs.

    aiortc_end.py --channels=opens|waits controlling|controlled COUNT ADDRESS|- [ADDRESS PORT USER PASSWORD]

The first address is its host candidate's, or `-` for relayed candidates alone; the second one is the relay's. Who is
controlling offers; who opens opens the session's channels. What it reads and writes, every end does: see meeting.py."""

import asyncio
import json
import struct
import sys

import aioice
from aiortc import RTCConfiguration, RTCIceServer, RTCIceTransportPolicy, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp
from aioice_end import AGAIN, body, place, say
from sdp import DESCRIBING, name, session

LABELS = ["control", "screen", "path"]


class End:
    def __init__(self, role, count, address, opens, relay):
        self.offers, self.opens = role == "controlling", opens == "--channels=opens"
        self.count, self.next, self.heard = count, None, asyncio.Event()
        self.control, self.lines, self.waiting = None, [], []
        # It leaves out loopback by itself.
        aioice.ice.get_host_addresses = lambda **_: [address]
        servers = [RTCIceServer(urls=f"turn:{relay[0]}:{relay[1]}?transport=udp", username=relay[2], credential=relay[3])
                   ] if relay else []
        policy = RTCIceTransportPolicy.RELAY if address == "-" else RTCIceTransportPolicy.ALL
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=servers, iceTransportPolicy=policy))

    async def run(self):
        self.connection.on("datachannel", self.adopt)
        if self.opens:
            for label in LABELS:
                self.adopt(self.connection.createDataChannel(label, protocol="ra/1"))
        elif self.offers:
            self.connection.createDataChannel("not one of ours")
        if self.offers:
            await self.describe(await self.connection.createOffer())
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        exchanges = set()
        while (line := (await lines.readline()).decode().strip()) and line != "stop":
            if line == "exchange":
                exchanges.add(asyncio.create_task(self.exchange()))
            elif line.startswith("a="):
                await self.take(line)
        await self.connection.close()

    async def describe(self, description):
        """Says what this end is; aiortc gathers before it does."""
        await self.connection.setLocalDescription(description)
        lines = self.connection.localDescription.sdp.splitlines()
        for line in lines:
            if name(line) in (*DESCRIBING, "candidate", "end-of-candidates"):
                say(line)

    async def take(self, line):
        if name(line) in DESCRIBING:
            self.lines.append(line)
            if name(line) == "setup":  # the last one
                kind = "answer" if self.offers else "offer"
                await self.connection.setRemoteDescription(
                    RTCSessionDescription(sdp=session(self.lines, offers=not self.offers), type=kind))
                if not self.offers:
                    await self.describe(await self.connection.createAnswer())
        elif name(line) == "candidate":
            candidate = candidate_from_sdp(line.partition(":")[2])
            candidate.sdpMid = "0"
            await self.connection.addIceCandidate(candidate)
        elif name(line) == "end-of-candidates":
            await self.connection.addIceCandidate(None)

    def adopt(self, channel):
        if channel.label != "control":
            return
        self.control = channel
        channel.on("message", self.receive)
        channel.on("open", self.report)
        if channel.readyState == "open":
            self.report()

    def report(self):
        ice = self.connection.sctp.transport.transport._connection
        pair = ice._nominated[1]
        say(json.dumps({
            "event": "selected", "role": "controlling" if ice.ice_controlling else "controlled",
            "local": place(*pair.local_addr), "remote": place(*pair.remote_addr)}))
        say(json.dumps({"event": "connected"}))

    def receive(self, message):
        (number,) = struct.unpack_from(">I", message, 1)
        if message[:1] == b"q":
            self.control.send(b"d" + message[1:5] + body(number, 0x55))
        elif number == self.next:
            assert message[5:] == body(number, 0x4F), f"payload {number} is not what was sent"
            self.next += 1
            self.heard.set()

    async def exchange(self):
        for self.next in range(self.count):
            number, self.heard = self.next, asyncio.Event()
            while self.next == number:
                self.control.send(b"q" + struct.pack(">I", number))
                try:
                    await asyncio.wait_for(self.heard.wait(), AGAIN)
                except TimeoutError:
                    pass
        say(json.dumps({"event": "exchanged", "payloads": self.count}))


if __name__ == "__main__":
    opens, role, count, address, *relay = sys.argv[1:]
    asyncio.run(End(role, int(count), address, opens, relay).run())
