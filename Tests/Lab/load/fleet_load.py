"""A load on a fleet, run as a program on a host of the lab: people who are there and ring each other, and invitations that are made,
looked up and met, all the time. Every one must end well, whatever happens to a node meanwhile.

    fleet_load.py '{"nodes": ["http://…", …], "network": "11.23", "people": 300, "callers": 20, "sharers": 12}'

It says `{"event":"there"}` when everybody is, works until a line comes on standard input, lets everything end, and says
`{"event":"done", …}` with what it has counted and every loss by name. What is refused is tried again as our clients do, for ten seconds
from its beginning; what is then not done is lost, and so is what a relay has taken and says no more of.
"""

import asyncio
import base64
import itertools
import json
import random
import secrets
import sys
import time
import urllib.parse

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

#: Seconds: what is not done by then is lost.
LIMIT = 10
#: Seconds that a relay may take for one answer on a busy machine.
PATIENCE = 5
#: How many others each knows, and may be rung by.
CONTACTS = 16
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


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


class Load:
    def __init__(self, nodes, network, people, callers, sharers):
        self.nodes, self.network, self.callers, self.sharers = nodes, network, callers, sharers
        self._numbers = itertools.count(1)
        self.people = [Person(self, number) for number in range(people)]
        self.isEnding = asyncio.Event()
        self.losses = []
        self.counted = {"rings": 0, "rings_tried_again": 0, "invitations": 0, "invitations_tried_again": 0, "resumed": 0, "moves": 0, "returns": 0}
        self.slowest = {"ring": 0.0, "meeting": 0.0, "absence": 0.0, "resumption": 0.0}

    def address(self):
        """An address of one's own: bounds count by it."""
        number = next(self._numbers)
        return f"{self.network}.{1 + number // 250 % 250}.{1 + number % 250}"

    def node(self, but=None):
        return random.choice([node for node in self.nodes if node != but])

    def lose(self, what):
        self.losses.append(what)

    def took(self, what, began):
        self.slowest[what] = max(self.slowest[what], time.monotonic() - began)

    async def within(self, what, attempt, again, since=None):
        """Tries until it works, and returns what it gives; None when it is lost."""
        began = time.monotonic() if since is None else since
        while True:
            try:
                return await attempt()
            except Again as why:
                if time.monotonic() - began > LIMIT:
                    self.lose(f"{what}: {why}")
                    return None
            except Lost as why:
                self.lose(f"{what}: {why}")
                return None
            self.counted[again] += 1
            await asyncio.sleep(random.uniform(0.2, 1))

    async def run(self):
        lives = [asyncio.create_task(person.live()) for person in self.people]
        for person in self.people:
            await asyncio.wait_for(person.hasBeenThere.wait(), 60)
        print(json.dumps({"event": "there"}), flush=True)
        began = time.monotonic()
        work = [asyncio.create_task(self.ring_on()) for _ in range(self.callers)]
        work += [asyncio.create_task(self.invite_on()) for _ in range(self.sharers)]
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        self.isEnding.set()
        await asyncio.gather(*work)
        for person in self.people:
            person.look()
        seconds = time.monotonic() - began
        for life in lives:
            life.cancel()
        await asyncio.gather(*lives, return_exceptions=True)
        return {"event": "done", "seconds": round(seconds, 1), **self.counted,
                "slowest": {what: round(value, 2) for what, value in self.slowest.items()}, "losses": self.losses}

    async def ring_on(self):
        while not self.isEnding.is_set():
            caller = random.choice(self.people)
            await caller.ring(random.choice(caller.contacts))
            await asyncio.sleep(random.uniform(0.2, 0.8))

    async def invite_on(self):
        while not self.isEnding.is_set():
            await Invitation(self).live()


class Person:
    """Somebody who is there, and comes back; answers every call."""

    def __init__(self, load, number):
        self.load, self.number, self.name = load, number, f"load-{number}"
        self.secret = Ed25519PrivateKey.generate()
        self.key = self.secret.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.address = load.address()
        self.hasBeenThere = asyncio.Event()
        self.isRegistered = False
        #: Since when it is nowhere; None while it is somewhere.
        self.absentSince = time.monotonic()
        self.why = "has not come yet"

    @property
    def contacts(self):
        people = self.load.people
        return [people[(self.number + step) % len(people)] for step in range(-CONTACTS // 2, CONTACTS // 2 + 1) if step]

    def look(self):
        """Says if it has been nowhere for too long."""
        if self.absentSince is not None and self.hasBeenThere.is_set():
            self.load.took("absence", self.absentSince)
            if time.monotonic() - self.absentSince > LIMIT:
                self.load.lose(f"{self.name} was nowhere for {time.monotonic() - self.absentSince:.1f} s: {self.why}")

    async def live(self):
        place = self.load.node()
        while True:
            try:
                async with Line(place, "/contacts", self.address) as line:
                    place = await self.be_there(line)
                    self.load.counted["moves"] += self.absentSince is None
            except Again as why:
                self.why = str(why)
                self.load.counted["returns"] += self.absentSince is None
                await asyncio.sleep(random.uniform(0, 1))
                place = self.load.node(but=place)
            except Lost as why:
                self.load.lose(f"{self.name}: {why}")
                return
            self.absentSince = self.absentSince or time.monotonic()

    async def be_there(self, line):
        """Until it is sent elsewhere: where that is."""
        await line.prove(self)
        if not self.isRegistered:
            answer = await line.ask("register", name=self.name)
            if answer["type"] != "registered":
                raise Again(f"register: {answer}")
            self.isRegistered = True
        allow = text(b"".join(sorted(contact.key for contact in self.contacts)))
        answer = await line.ask("present", name=self.name, allow=allow, strangers=False)
        if answer["type"] == "elsewhere":
            return answer["url"]
        if answer["type"] != "present":
            raise Again(f"present: {answer}")
        self.look()
        self.absentSince = None
        self.hasBeenThere.set()
        while True:
            heard = await line.hear(None)
            if heard["type"] == "called":
                await line.say("answer", call=heard["call"], payload=f"{heard['payload']}.{self.name}")
            elif heard["type"] == "elsewhere":
                return heard["url"]
            elif heard["type"] == "replaced":
                raise Lost("was replaced by somebody")
            elif heard["type"] == "error":
                raise Again(str(heard))

    async def ring(self, callee):
        began = time.monotonic()
        place = [self.load.node()]

        async def attempt():
            try:
                await self.ring_once(callee, place)
            except Again:
                place[0] = self.load.node(but=place[0])
                raise
            return True

        if await self.load.within(f"{self.name} rings {callee.name}", attempt, "rings_tried_again"):
            self.load.counted["rings"] += 1
            self.load.took("ring", began)

    async def ring_once(self, callee, place):
        for _ in range(4):
            async with Line(place[0], "/contacts", self.address) as line:
                await line.prove(self)
                found = await line.ask("look", name=callee.name)
                if found["type"] != "person":
                    raise Again(f"look: {found}")
                if found["key"] != text(callee.key):
                    raise Lost(f"{callee.name} has the key of somebody else")
                # 128 bits in 26 symbols of five: the first and the last have fewer.
                call, payload = "0" + "".join(random.choices(SYMBOLS, k=24)) + "0", secrets.token_hex(8)
                await line.say("call", call=call, to=callee.name, key=text(callee.key), kind="ring", payload=payload)
                heard = await line.hear()
                if heard is None:
                    raise Lost(f"{place[0]} has taken the call, and nobody answers")
                if heard["type"] == "answered":
                    if (heard["call"], heard["payload"]) != (call, f"{payload}.{callee.name}"):
                        raise Lost(f"a wrong answer: {heard}")
                    await line.say("hang-up", call=call)
                    return
                if heard["type"] != "elsewhere":
                    raise Again(f"{place[0]} says {heard['type']} {heard.get('code', '')}")
                place[0] = heard["url"]
        raise Again("sent in circles")


class Invitation:
    """Made, left alone for a while, looked up, met, and used up: a sharer and a helper."""

    def __init__(self, load):
        self.load = load
        self.source = load.address()
        self.lookup = self.owner = None
        self.isUsed = False
        self.isWaiting = asyncio.Event()
        self.lostAt = None

    async def live(self):
        sharing = asyncio.create_task(self.share())
        try:
            if not await self.event(self.isWaiting, LIMIT + PATIENCE):
                return self.load.lose(f"no invitation was made: {await self.outcome(sharing)}")
            await asyncio.sleep(random.uniform(0, 6))
            began = time.monotonic()
            place, source = [self.load.node()], self.load.address()
            if await self.load.within(
                    f"a helper looks up {self.lookup}", lambda: self.meet(place, source), "invitations_tried_again"):
                self.load.took("meeting", began)
                self.load.counted["invitations"] += 1
        finally:
            sharing.cancel()
            await asyncio.gather(sharing, return_exceptions=True)

    @staticmethod
    async def event(event, timeout):
        try:
            await asyncio.wait_for(event.wait(), timeout)
            return True
        except TimeoutError:
            return False

    @staticmethod
    async def outcome(task):
        return task.exception() or "ended" if task.done() else "it is still tried"

    async def share(self):
        """Makes it, and comes back with it wherever it is sent."""
        place = self.load.node()
        self.lostAt = time.monotonic()
        while not self.isUsed:
            try:
                async with Line(place, "/rendezvous", self.source) as line:
                    place = await self.wait(line)
            except Again as why:
                if self.lookup and self.lostAt and time.monotonic() - self.lostAt > LIMIT:
                    return self.load.lose(f"the invitation {self.lookup} waits nowhere: {why}")
                await asyncio.sleep(random.uniform(0.2, 1))
                place = self.load.node(but=place)
            except Lost as why:
                return self.load.lose(f"the invitation {self.lookup}: {why}")
            self.lostAt = self.lostAt or time.monotonic()

    async def wait(self, line):
        """Until it is used up, or sent elsewhere: where that is."""
        if self.lookup is None:
            answer = await line.ask("create", version=1, lifetime=3600, uses=1, ceiling="control")
        else:
            answer = await line.ask("resume", version=1, lookup=self.lookup, owner=self.owner)
        if answer["type"] == "elsewhere":
            return answer["url"]
        if answer["type"] in ("gone", "closed"):
            raise Lost(f"{line.url} says {answer}")
        if answer["type"] not in ("created", "resumed"):
            raise Again(f"{line.url} says {answer}")
        if answer["type"] == "created":
            self.lookup, self.owner = answer["lookup"], answer["owner"]
        else:
            self.load.counted["resumed"] += 1
            self.load.took("resumption", self.lostAt)
        self.lostAt = None
        self.isWaiting.set()
        while True:
            heard = await line.hear(None)
            if heard["type"] == "opaque":
                await line.say("opaque", meeting=heard["meeting"], payload=f"{heard['payload']}.heard")
                await line.say("confirmed", meeting=heard["meeting"])
            elif heard["type"] == "closed":
                if heard["reason"] != "used":
                    raise Lost(f"closed: {heard}")
                self.isUsed = True
                # The meeting goes on here: its helper ends it.
                while (await line.hear(LIMIT) or {"type": "peer-left"})["type"] != "peer-left":
                    pass
                return None
            elif heard["type"] == "elsewhere":
                return heard["url"]
            elif heard["type"] == "error":
                raise Again(f"{line.url} says {heard}")

    async def meet(self, place, source):
        """The helper's part of it."""
        for _ in range(4):
            async with Line(place[0], "/rendezvous", source) as line:
                answer = await line.ask("meet", version=1, lookup=self.lookup)
                if answer["type"] == "elsewhere":
                    place[0] = answer["url"]
                    continue
                if answer["type"] == "gone":
                    # Whoever has a right code is not to be told that it is wrong, and our client does not ask again.
                    raise Lost(f"{line.url} says gone; its sharer {'is on the way' if self.lostAt else 'waits'}")
                if answer["type"] != "met":
                    place[0] = self.load.node(but=place[0])
                    raise Again(f"{line.url} says {answer}")
                meeting, word = answer["meeting"], secrets.token_hex(8)
                try:
                    await line.say("opaque", meeting=meeting, payload=word)
                    if (heard := await line.hear()) != {"type": "opaque", "meeting": meeting, "payload": f"{word}.heard"}:
                        raise Again(f"{line.url} says {heard} for the sharer's word")
                    if (heard := await line.hear() or {"type": "nothing"})["type"] != "credentials":
                        raise Again(f"{line.url} says {heard} for credentials")
                except Again as why:
                    if self.isUsed:
                        raise Lost(f"used, and not met: {why}") from why
                    place[0] = self.load.node(but=place[0])
                    raise
                await line.say("leave", meeting=meeting)
                return True
        raise Again("sent in circles")


async def main():
    print(json.dumps(await Load(**json.loads(sys.argv[1])).run()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
