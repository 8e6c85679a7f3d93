"""A meeting of two ICE agents, ours and somebody else's.

Each end is a program. What it signals are SDP's attribute lines (RFC 8839 and RFC 8838), written as they come and carried to
the other one: `a=ice-ufrag:`, `a=ice-pwd:`, `a=candidate:`, `a=end-of-candidates`. Between them it reports, a JSON object
a line: `connected`; `selected`, with the addresses `local` and `remote` of the pair that is agreed on, and its `role` if it
knows that; `exchanged`; `lost`, when the path is silent. It is told `exchange`, to ask the other end for all of its payloads and to compare them, and `stop`.
"""

import json
import pathlib
import threading

from ends.sdp import name, session
from lab import Process, TimedOut
from scenarios.waiting import eventually

PAYLOADS = 300


class Conversation:
    """What a meeting is asked for, whoever carries what is signalled; `ours` is our end."""

    def keep_consent(self, signs):
        """The path stays while nothing is sent but so many signs of consent, which take some 0.8 s each; then it carries
        payloads."""
        selected = self.agree()
        self.ours.send(f"consent {signs}")
        self.ours.wait_for_event("consented", timeout=60)
        self.exchange()
        assert self.agree() == selected


class Meeting(Conversation):
    """Carries what two ends signal, from the first line to the end of both."""

    def __init__(self, ours: Process, theirs: Process):
        self.ours, self.theirs = ours, theirs
        for one, other in ((ours, theirs), (theirs, ours)):
            threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one, other):
        for line in one.follow():
            if line.startswith("a="):
                try:
                    other.send(line)
                except AssertionError:
                    return  # it has ended, and the test finds out why

    def connect(self):
        for end in (self.ours, self.theirs):
            end.wait_for_event("connected", timeout=60)

    def exchange(self):
        """Every payload arrives at either end as it was sent."""
        before = [len(end.lines) for end in (self.ours, self.theirs)]
        for end in (self.ours, self.theirs):
            end.send("exchange")
        for end, after in zip((self.ours, self.theirs), before):
            end.wait_for_event("exchanged", timeout=60, where=lambda event: event["payloads"] == PAYLOADS, after=after)

    def agree(self, their_address=None):
        """Both ends have selected the same pair, in opposite roles; returns what ours says of it. Behind a router an end may
        call its own side of the pair what it is at home: then `their_address` is what the internet sees of it."""
        def agreed():
            ours, theirs = self.selected(self.ours), self.selected(self.theirs)
            if not ours or not theirs or ours["local"] != theirs["remote"]:
                return None
            same = ours["remote"].startswith(f"{their_address}:") if their_address else ours["remote"] == theirs["local"]
            return same and ours
        try:
            ours = eventually(agreed, "both ends name the same pair", timeout=30)
        except TimedOut:
            raise TimedOut(f"the ends never agreed: {self.selected(self.ours)}, {self.selected(self.theirs)}") from None
        assert ours["role"] != self.selected(self.theirs).get("role")
        return ours

    @staticmethod
    def selected(end):
        """What an end has selected last."""
        return next((event for event in reversed(end.events) if event["event"] == "selected"), None)

    def stop(self):
        """Both end when they are told to, ours first; the path was never lost."""
        for end in (self.ours, self.theirs):
            end.send("stop")
            assert end.wait() == 0, f"{end!r}:\n{end.errors[-2000:]}"
            assert not [event for event in end.events if event["event"] == "lost"]


class PageMeeting(Conversation):
    """The same with a page in Chromium, which runs ends/page.js."""

    def __init__(self, ours: Process, page, configuration, *, ours_offers, ours_opens, shows=True):
        self.ours, self.page, self.ours_offers = ours, page, ours_offers
        self._carried, self._described, self.said = 0, False, []
        page.evaluate((pathlib.Path(__file__).parent / "ends" / "page.js").read_text() + "; 0")
        self._call("start", configuration, {"offers": not ours_offers, "opens": not ours_opens, "shows": shows})

    def _call(self, function, *arguments, timeout=20):
        return self.page.evaluate(f"end.{function}({', '.join(json.dumps(word) for word in arguments)})", timeout=timeout)

    def _carry(self):
        lines = self.ours.lines
        for index, line in enumerate(lines[self._carried:], self._carried):
            if line.startswith("a=candidate:"):
                self._call("candidate", line.removeprefix("a="))
            elif line.startswith("a=end-of-candidates"):
                self._call("candidate", "")
            elif name(line) == "setup":  # the last one of the description
                self._call("describe", session(lines[:index + 1], offers=self.ours_offers), not self.ours_offers)
        self._carried = len(lines)
        for line in self.page.evaluate("end.said.splice(0)"):
            self.said.append(line)
            if line.startswith("a="):
                self.ours.send(line)

    def _heard(self, event):
        """Whether the page has reported an event."""
        self._carry()
        return any(line.startswith("{") and json.loads(line)["event"] == event for line in self.said)

    def connect(self):
        eventually(lambda: self._heard("connected"), "the page is connected", timeout=60)
        self.ours.wait_for_event("connected", timeout=60)

    def exchange(self):
        after = len(self.ours.lines)
        self.ours.send("exchange")
        self._call("exchange", PAYLOADS, timeout=60)
        self.ours.wait_for_event("exchanged", timeout=60, where=lambda event: event["payloads"] == PAYLOADS, after=after)

    def agree(self):
        """Both ends have selected the same pair, in opposite roles; returns what ours says of it."""
        def agreed():
            ours, theirs = Meeting.selected(self.ours), self._call("selected")
            return (ours and theirs and theirs["nominated"] and {ours["role"], theirs["role"]} == {"controlling", "controlled"}
                    and (ours["local"], ours["remote"]) == (theirs["remote"], theirs["local"]) and ours)
        return eventually(agreed, "both ends name the same pair", timeout=30)

    @property
    def states(self):
        """What ICE's state has been in the page."""
        self._carry()
        events = [json.loads(line) for line in self.said if line.startswith("{")]
        return [event["state"] for event in events if event["event"] == "state"]

    def stop(self):
        assert not {"disconnected", "failed"} & set(self.states)
        self.ours.send("stop")
        assert self.ours.wait() == 0, f"{self.ours!r}:\n{self.ours.errors[-2000:]}"
        assert not [event for event in self.ours.events if event["event"] == "lost"]
        self._call("stop")
