"""The end of a meeting that aiortc has: what test_data_channels.py runs.

    aiortc_end.py --channels=opens|waits controlling|controlled COUNT ADDRESS|- [ADDRESS PORT USER PASSWORD]

The first address is its host candidate's, or `-` for relayed candidates alone; the second one is the relay's. Who is
controlling offers; who opens opens the session's channels. What it reads and writes, every end does: see meeting.py."""

import asyncio
import sys

from aiortc import RTCConfiguration, RTCIceServer, RTCIceTransportPolicy, RTCPeerConnection, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp
from exchanging import Exchanging, report, say, told
from sdp import DESCRIBING, name, session

LABELS = ["control", "screen", "path"]


class End(Exchanging):
    def __init__(self, role, count, address, opens, relay):
        super().__init__(count, address)
        self.offers, self.opens = role == "controlling", opens == "--channels=opens"
        self.control, self.lines = None, []
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
        exchanges = set()
        async for line in told():
            if line == "exchange":
                exchanges.add(asyncio.create_task(self.exchange()))
            elif line.startswith("a="):
                await self.take(line)
        await self.connection.close()

    async def describe(self, description):
        """Says what this end is; aiortc gathers before it does."""
        await self.connection.setLocalDescription(description)
        for line in self.connection.localDescription.sdp.splitlines():
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
        channel.on("open", self.opened)
        if channel.readyState == "open":
            self.opened()

    def opened(self):
        report(self.connection.sctp.transport.transport._connection)

    def receive(self, message):
        if answer := self.hear(message):
            self.control.send(answer)

    async def send(self, message):
        self.control.send(message)


if __name__ == "__main__":
    opens, role, count, address, *relay = sys.argv[1:]
    asyncio.run(End(role, int(count), address, opens, relay).run())
