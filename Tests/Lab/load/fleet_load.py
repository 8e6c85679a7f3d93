"""A load on a fleet, run as a program on a host of the lab: people who are there and ring each other, and invitations that are made,
looked up and met, all the time. Every one must end well, whatever happens to a node meanwhile.

    fleet_load.py '{"nodes": ["http://…", …], "network": "11.23", "people": 300, "callers": 20, "sharers": 12}'

It says `{"event":"there"}` when everybody is, works until a line comes on standard input, lets everything end, and says
`{"event":"done", …}` with what it has counted and every loss by name. What is refused is tried again as our clients do, for ten seconds
from its beginning; what is then not done is lost, and so is what a relay has taken and says no more of.
"""

import asyncio
import itertools
import json
import random
import sys
import time

from invitation import Invitation
from line import LIMIT, Again, Lost
from person import Person


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


async def main():
    print(json.dumps(await Load(**json.loads(sys.argv[1])).run()), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
