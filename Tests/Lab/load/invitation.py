"""An invitation, from its making to its end: a sharer and a helper."""

import asyncio
import random
import secrets
import time

from line import LIMIT, PATIENCE, Again, Line, Lost


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
