"""The end of a meeting that aioice has: what test_ice_agents.py runs.

    aioice_end.py controlling|controlled COUNT ADDRESS|- [ADDRESS PORT USER PASSWORD]

The first address is its host candidate's, or `-` for relayed candidates alone; the second one is the relay's. What it
reads and writes, every end does: see meeting.py."""

import asyncio
import sys

import aioice
from exchanging import Exchanging, report, say, told

#: Consent is asked for so often that a test sees it, and given up while it looks: seconds, and checks without an answer.
aioice.ice.CONSENT_INTERVAL, aioice.ice.CONSENT_FAILURES = 0.5, 6


class End(Exchanging):
    def __init__(self, role, count, address, relay):
        super().__init__(count, address)
        self.remote = {}
        options = {}
        if relay:
            host, port, user, password = relay
            server = (host, int(port))
            options = {"turn_server": server, "stun_server": server, "turn_username": user, "turn_password": password}
        policy = aioice.TransportPolicy.RELAY if address == "-" else aioice.TransportPolicy.ALL
        self.connection = aioice.Connection(
            ice_controlling=role == "controlling", transport_policy=policy, **options)

    async def run(self):
        say(f"a=ice-ufrag:{self.connection.local_username}")
        say(f"a=ice-pwd:{self.connection.local_password}")
        await self.connection.gather_candidates()
        for candidate in self.connection.local_candidates:
            say(f"a=candidate:{candidate.to_sdp()}")
        say("a=end-of-candidates")
        tasks = set()
        async with asyncio.TaskGroup() as group:
            async for line in told():
                await self.take(line)
                if len(self.remote) == 2 and not tasks:
                    tasks.add(group.create_task(self.converse()))
                if line == "exchange":
                    tasks.add(group.create_task(self.exchange()))
            for task in tasks:
                task.cancel()
        await self.connection.close()

    async def take(self, line):
        name, _, value = line.removeprefix("a=").partition(":")
        match name:
            case "ice-ufrag" | "ice-pwd":
                self.remote[name] = value
                self.connection.remote_username = self.remote.get("ice-ufrag")
                self.connection.remote_password = self.remote.get("ice-pwd")
            case "candidate":
                await self.connection.add_remote_candidate(aioice.Candidate.from_sdp(value))
            case "end-of-candidates":
                await self.connection.add_remote_candidate(None)

    async def converse(self):
        await self.connection.connect()
        report(self.connection)
        while True:
            if answer := self.hear(await self.connection.recv()):
                await self.send(answer)

    async def send(self, message):
        await self.connection.send(message)


if __name__ == "__main__":
    role, count, address, *relay = sys.argv[1:]
    asyncio.run(End(role, int(count), address, relay).run())
