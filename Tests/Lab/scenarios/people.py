"""People with contacts: each has a state of their own, so that several can be at one computer of the lab."""

import json

from .programs import RA_CONNECT


class Person:
    """Somebody at a computer of the lab who is called `name` at the relay."""

    def __init__(self, session, host, name, *, url=None, env=None, prefix=()):
        self.session, self.host, self.name = session, host, name
        self.url = url or session.url
        self.state = host.directory / "people" / name
        self.prefix = [str(word) for word in prefix]
        self.env = {"XDG_STATE_HOME": self.state, "RA_RELAY": self.url, "USER": name, **(env or {})}
        self.listening = None

    @property
    def address(self):
        return f"{self.name}@{self.url.removeprefix('https://')}"

    def start(self, *arguments, json=True):
        return self.host.popen([*self.prefix, RA_CONNECT, *arguments, *["--json"] * json], env=self.env)

    def run(self, *arguments, code=0, json=False):
        """Runs a command to its end; the process."""
        done = self.start(*arguments, json=json)
        assert done.wait(30) == code, f"{done!r}\n{done.lines}\n{done.errors}"
        return done

    def listen(self, *options, json=True):
        """Is there from now on; returns when the relay has said so."""
        self.listening = self.start("listen", "--name", self.name, "--no-viewer", *options, json=json)
        if json:
            self.listening.wait_for_event("present")
        return self.listening

    def befriend(self, other):
        """Asks another one, who is there and says yes."""
        seen = len(other.listening.lines)
        asking = self.start("contacts", "add", other.address, "--name", self.name)
        call = other.listening.wait_for_event("call", where=lambda event: event["kind"] == "request", after=seen)
        assert call["from"] == self.address
        other.listening.send(f"yes {call['id']}")
        added = asking.wait_for_event("contact")
        assert added["address"] == other.address and asking.wait() == 0
        theirs = other.listening.wait_for_event("contact", after=seen)
        assert theirs["address"] == self.address
        return added["fingerprint"], theirs["fingerprint"]

    def contacts(self):
        """What `contacts list` says: of oneself, and of each contact by the address."""
        own, *others = [json.loads(line) for line in self.run("contacts", "list", json=True).lines]
        return own, {one["address"]: one for one in others}

    def book(self):
        return json.loads((self.state / "ra-connect" / "contacts.json").read_text())

    def rewrite_book(self, change):
        file = self.state / "ra-connect" / "contacts.json"
        book = json.loads(file.read_text())
        change(book)
        file.write_text(json.dumps(book))


def ring(sara, *helpers, options=()):
    to = [word for helper in helpers for word in ("--to", helper.address)]
    return sara.start("share", *to, "--name", "Sara", *options)


def assert_ends(process, reason, code, timeout=20):
    ended = process.wait_for_event("ended", timeout=timeout)
    assert (ended["reason"], process.wait()) == (reason, code), f"{ended}\n{process.errors}"
    return ended


def under_policy(etc, policy):
    (etc / "ra-connect" / "policy.toml").write_text(policy)
    return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc]
