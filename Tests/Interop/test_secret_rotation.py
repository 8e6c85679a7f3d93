"""The secret of time-limited credentials is changed while clients hold some; nobody who holds a good one is turned away."""

import asyncio
import base64
import hmac
import json
import signal
import subprocess
import time

import aioice
import pytest
import websockets
from conftest import Relay
from scenarios import RA_RELAY, require

OLD, NEW = "the secret of before", "the secret of from now on"


def signed(secret):
    """A credential that a secret signed, as coturn's users make it."""
    username = f"{int(time.time()) + 600}:carol"
    return username, base64.b64encode(hmac.digest(secret.encode(), username.encode(), "sha1")).decode()


class Rotation:
    """A relay with a file that a test changes, and credentials from wherever clients have them."""

    def __init__(self, folder):
        self.file = folder / "ra-relay.toml"
        self._write([OLD])
        self.relay = Relay(folder, ("--config", self.file, "--workers", "1"))
        self.reloads = 0

    def _write(self, secrets):
        self.file.write_text(f"auth-secret = {json.dumps(secrets)}\n")

    def reload(self, *secrets):
        self._write(secrets)
        self.relay.process.signal(signal.SIGHUP)
        self.reloads += 1

    def minted(self):
        """As an operator's own service would have it: by the command, from the file."""
        told = subprocess.run([RA_RELAY, "credentials", "mint", "--user", "bob", "--config", self.file], check=True,
                              capture_output=True, text=True, timeout=20)
        told = json.loads(told.stdout)
        return told["username"], told["password"]

    async def issued(self):
        """What the rendezvous gives to who makes an invitation."""
        async with websockets.connect(f"ws://127.0.0.1:{self.relay.port}/rendezvous") as socket:
            await socket.send(json.dumps({"type": "create", "version": 1, "lifetime": 600, "uses": 1, "ceiling": "view"}))
            created = json.loads(await socket.recv())
        return created["turn"]["username"], created["turn"]["password"]

    async def is_good(self, credentials):
        """Whether an allocation is made with them."""
        username, password = credentials
        try:
            allocation, _ = await aioice.turn.create_turn_endpoint(
                asyncio.DatagramProtocol, server_addr=("127.0.0.1", self.relay.port), username=username, password=password)
        except aioice.stun.TransactionFailed as failure:
            assert "401" in str(failure)
            return False
        allocation.close()
        return True

    async def becomes(self, good, credentials):
        """Asks until a reload has been taken over: by the worker, and by what the log speaks of."""
        async with asyncio.timeout(20):
            while await self.is_good(credentials) is not good or self.relay.process.errors.count("reloaded") < self.reloads:
                pass


@pytest.fixture
def rotation(tmp_path):
    require(lab=False)
    rotation = Rotation(tmp_path)
    yield rotation
    rotation.relay.finish()


@pytest.mark.parametrize("source", ["minted", "issued"])
def test_rotation_by_two_reloads_turns_nobody_away(rotation, source):
    async def credentials():
        return rotation.minted() if source == "minted" else await rotation.issued()

    async def run():
        before = await credentials()
        assert await rotation.is_good(before)
        rotation.reload(NEW, OLD)
        await rotation.becomes(True, signed(NEW))
        during = await credentials()
        assert await rotation.is_good(before) and await rotation.is_good(during)
        rotation.reload(NEW)
        await rotation.becomes(False, signed(OLD))
        # Signed with the new one before the old one went; and nothing is signed with that any more.
        assert not await rotation.is_good(before)
        assert await rotation.is_good(during) and await rotation.is_good(await credentials())
    asyncio.run(asyncio.wait_for(run(), 60))
