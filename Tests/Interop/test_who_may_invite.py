"""Who may invite at a relay, and for how long: what its file says, what the sharer is told, and that a reload takes it over."""

import datetime
import signal
import time

import pytest
from conftest import free_port
from lab import Loopback
from scenarios import RA_CONNECT, RA_RELAY, require
from test_metrics import samples

RELOADED = 'ra_relay_configuration_reloads_total{result="success"}'


@pytest.fixture
def desk():
    require("Xvfb", lab=False)
    with Loopback() as lab:
        yield Desk(lab)


class Desk:
    """A relay with a file, and whoever asks for help there."""

    def __init__(self, lab):
        self.lab, self.file, self.metrics = lab, lab.directory / "relay.toml", free_port()
        lab.sharer.start_display(640, 480)

    def start(self, text):
        self.file.write_text(text)
        self.relay = self.lab.relay.popen(
            [RA_RELAY, "serve", *self.lab.relay_options, "--config", self.file, "--metrics", f"127.0.0.1:{self.metrics}"])
        self.url = self.relay.wait_for_line("ra-relay ready").split()[-1]

    def reload(self, text):
        before = samples(self.metrics)[RELOADED]
        self.file.write_text(text)
        self.relay.signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while samples(self.metrics)[RELOADED] == before:
            assert time.monotonic() < end, self.relay.errors

    def share(self, *options):
        return self.lab.sharer.popen([RA_CONNECT, "share", "--relay", self.url, *options])

    def join(self, code):
        return self.lab.helper.popen([RA_CONNECT, "join", code, "--json", "--no-viewer", "--relay", self.url])


def test_a_network_that_is_not_named_is_told_so_until_a_reload_names_it(desk):
    desk.start('may-invite = ["192.0.2.0/24"]\n')
    refused = desk.share("--json")
    ended = refused.wait_for_event("ended")
    assert (refused.wait(), ended["reason"]) == (5, "policy")
    assert ended["detail"] == "This relay does not let you invite from this network: ask who runs it."
    told = desk.share()
    assert told.wait() == 5 and ended["detail"] in "\n".join(told.lines)
    assert samples(desk.metrics)['ra_relay_invitations_refused_total{reason="not_allowed"}'] == 2

    desk.reload('may-invite = ["192.0.2.0/24", "127.0.0.0/8"]\n')
    sharer = desk.share("--json")
    code = sharer.wait_for_event("invitation")["code"]
    # Whom it does not let invite, it lets help, and an invitation that is there stays.
    desk.reload("may-invite = []\n")
    helper = desk.join(code)
    helper.wait_for_event("connected", timeout=30)
    assert desk.share("--json").wait() == 5


def test_an_invitation_lives_as_long_as_the_relay_says_and_the_sharer_is_told(desk):
    desk.start('longest-invitation = "10m"\n')

    def seconds(*options):
        sharer = desk.share("--json", *options)
        expires = datetime.datetime.fromisoformat(sharer.wait_for_event("invitation")["expires"])
        sharer.send("stop")
        return (expires - datetime.datetime.now(datetime.UTC)).total_seconds()

    assert 0 < seconds("--expires", "2h") <= 600
    assert 0 < seconds("--expires", "5m") <= 300
    sharer = desk.share("--expires", "2h")
    sharer.wait_for_line("Tell your helper this code")
    assert "This relay gives invitations 10m at most." in sharer.errors
    desk.reload('longest-invitation = "1d"\n')
    assert 7000 < seconds("--expires", "2h") <= 7200


def test_codes_are_looked_up_as_often_as_the_relay_says(desk):
    desk.start("lookups-per-minute = 2\n")
    reasons = []
    for _ in range(3):
        helper = desk.join("000000-000000")
        reasons.append((helper.wait_for_event("ended"), helper.wait()))
    assert [ended["reason"] for ended, _ in reasons[:2]] == ["wrong-code"] * 2
    assert "wait, and try again" in reasons[2][0]["detail"], reasons[2]
    desk.reload("lookups-per-minute = 1000\n")
    helper = desk.join("000000-000000")
    assert helper.wait_for_event("ended")["reason"] == "wrong-code"
