"""What ends in Python have in common: payloads that are asked for and compared, and reports. See meeting.py."""

import asyncio
import json
import struct
import sys

import aioice

#: Seconds until a payload is asked for again.
AGAIN = 0.25


class Exchanging:
    """An end that asks for payloads, and is asked; whoever inherits it has `send`."""

    def __init__(self, count, address):
        self.count, self.next, self.heard = count, None, asyncio.Event()
        # aioice leaves out loopback by itself.
        aioice.ice.get_host_addresses = lambda **_: [address]

    def hear(self, message):
        """Takes what the other end has sent; returns what to answer, if anything."""
        (number,) = struct.unpack_from(">I", message, 1)
        if message[:1] == b"q":
            return b"d" + message[1:5] + body(number, 0x55)
        if number == self.next:
            assert message[5:] == body(number, 0x4F), f"payload {number} is not what was sent"
            self.next += 1
            self.heard.set()
        return None

    async def exchange(self):
        for self.next in range(self.count):
            number, self.heard = self.next, asyncio.Event()
            while self.next == number:
                await self.send(b"q" + struct.pack(">I", number))
                try:
                    await asyncio.wait_for(self.heard.wait(), AGAIN)
                except TimeoutError:
                    pass  # lost: it is asked for again
        say(json.dumps({"event": "exchanged", "payloads": self.count}))


async def told():
    """The lines of standard input, up to `stop`."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while (line := (await lines.readline()).decode().strip()) and line != "stop":
        yield line


def report(connection):
    """Says that an aioice connection has selected a pair."""
    pair = connection._nominated[1]
    say(json.dumps({
        "event": "selected", "role": "controlling" if connection.ice_controlling else "controlled",
        "local": place(*pair.local_addr), "remote": place(*pair.remote_addr)}))
    say(json.dumps({"event": "connected"}))


def body(number, author):
    return bytes((number * 31 + index * author) % 256 for index in range(1 + number * 13 % 1150))


def place(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def say(line):
    print(line, flush=True)
