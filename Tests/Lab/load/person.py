"""Somebody who is there for contacts, and rings them."""

import asyncio
import random
import secrets
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from line import LIMIT, Again, Line, Lost, text

#: How many others each knows, and may be rung by.
CONTACTS = 16
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


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
