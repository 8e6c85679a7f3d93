"""A client's WebSocket to a node of the fleet, and what can be wrong with it."""

import asyncio
import base64
import json
import urllib.parse

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

#: Seconds: what is not done by then is lost.
LIMIT = 10
#: Seconds that a relay may take for one answer on a busy machine.
PATIENCE = 5


class Again(Exception):
    """It did not work, for a reason that passes."""


class Lost(Exception):
    """It did not work, and it should have."""


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def lv_cat(*parts):
    """As in draft-irtf-cfrg-cpace, for parts of less than 128 bytes."""
    return b"".join(bytes([len(part)]) + part for part in parts)


def host(url):
    return urllib.parse.urlsplit(url).hostname


class Line:
    """One WebSocket to a node; a context manager. What goes wrong with it is `Again`."""

    def __init__(self, url, path, source):
        self.url, self._path, self._source = url, path, source

    async def __aenter__(self):
        try:
            self.socket = await connect(
                f"ws://{urllib.parse.urlsplit(self.url).netloc}{self._path}", local_addr=(self._source, 0), open_timeout=PATIENCE,
                ping_interval=None, close_timeout=1, compression=None, proxy=None)
        except (OSError, WebSocketException) as error:
            raise Again(f"{self.url} cannot be reached: {type(error).__name__}") from error
        return self

    async def __aexit__(self, *_):
        self.socket.transport.abort()

    async def say(self, kind, /, **fields):
        try:
            await self.socket.send(json.dumps({"type": kind, **fields}))
        except (OSError, WebSocketException) as error:
            raise Again(f"{self.url} closed") from error

    async def hear(self, patience=PATIENCE):
        """The next message; None when there is none in time."""
        try:
            async with asyncio.timeout(patience):
                return json.loads(await self.socket.recv())
        except TimeoutError:
            return None
        except (OSError, WebSocketException) as error:
            raise Again(f"{self.url} closed") from error

    async def ask(self, kind, /, **fields):
        await self.say(kind, **fields)
        answer = await self.hear()
        if answer is None:
            raise Again(f"{self.url} does not answer {kind}")
        return answer

    async def prove(self, person):
        challenge = await self.ask("identify", version=1, key=text(person.key))
        if challenge["type"] != "challenge":
            raise Again(f"identify: {challenge}")
        nonce = base64.urlsafe_b64decode(challenge["nonce"] + "=")
        statement = lv_cat(b"ra-contacts/1 identify", host(self.url).encode(), nonce, person.key)
        answer = await self.ask("prove", proof=text(person.secret.sign(statement)))
        if answer["type"] != "identified":
            raise Again(f"prove: {answer}")
