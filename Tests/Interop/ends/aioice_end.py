"""The end of a meeting that aioice has: what test_ice_agents.py runs.

    aioice_end.py controlling|controlled COUNT ADDRESS|- [ADDRESS PORT USER PASSWORD]

The first address is its host candidate's, or `-` for relayed candidates alone; the second one is the relay's. What it
reads and writes, every end does: see meeting.py."""

import asyncio
import json
import struct
import sys

import aioice

#: Consent is asked for so often that a test sees it, and given up while it looks: seconds, and checks without an answer.
aioice.ice.CONSENT_INTERVAL, aioice.ice.CONSENT_FAILURES = 0.5, 6
AGAIN = 0.25


def body(number, author):
    return bytes((number * 31 + index * author) % 256 for index in range(1 + number * 13 % 1150))


class End:
    def __init__(self, role, count, address, relay):
        self.count, self.next, self.heard = count, None, asyncio.Event()
        self.remote = {}
        # It leaves out loopback by itself.
        aioice.ice.get_host_addresses = lambda **_: [address]
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
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        tasks = set()
        async with asyncio.TaskGroup() as group:
            while (line := (await lines.readline()).decode().strip()) and line != "stop":
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
        pair = self.connection._nominated[1]
        say(json.dumps({
            "event": "selected", "role": "controlling" if self.connection.ice_controlling else "controlled",
            "local": place(*pair.local_addr), "remote": place(*pair.remote_addr)}))
        say(json.dumps({"event": "connected"}))
        while True:
            message = await self.connection.recv()
            (number,) = struct.unpack_from(">I", message, 1)
            if message[:1] == b"q":
                await self.connection.send(b"d" + message[1:5] + body(number, 0x55))
            elif number == self.next:
                assert message[5:] == body(number, 0x4F), f"payload {number} is not what was sent"
                self.next += 1
                self.heard.set()

    async def exchange(self):
        for self.next in range(self.count):
            number, self.heard = self.next, asyncio.Event()
            while self.next == number:
                await self.connection.send(b"q" + struct.pack(">I", number))
                try:
                    await asyncio.wait_for(self.heard.wait(), AGAIN)
                except TimeoutError:
                    pass  # lost: it is asked for again
        say(json.dumps({"event": "exchanged", "payloads": self.count}))


def place(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def say(line):
    print(line, flush=True)


if __name__ == "__main__":
    role, count, address, *relay = sys.argv[1:]
    asyncio.run(End(role, int(count), address, relay).run())
