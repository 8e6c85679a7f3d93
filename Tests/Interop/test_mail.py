"""`ra-connect share --mail`: by a mail server, by sendmail and by the person's mail program; and what the helper does with it."""

import email.utils
import json
import os
import pathlib
import re
import signal
import sys
import time

import pytest
from authority import authority
from lab import Loopback
from mailroom import PASSWORD, USER, MailServer, attachment, parse
from scenarios import RA_CONNECT, RA_RELAY, require
from scenarios.waiting import eventually

HELPER = "hel.per+1@example.com"

#: A program that writes down what it gets, and ends as it is told.
RECORDER = """#!{python}
import json, os, pathlib, sys, time
arguments = sys.argv[1:]
record = {{"pid": os.getpid(), "argv": arguments, "input": "" if "--attach" in arguments else sys.stdin.read()}}
if "--attach" in arguments:
    file = pathlib.Path(arguments[arguments.index("--attach") + 1])
    record |= {{"path": str(file), "attachment": file.read_text(), "mode": oct(file.stat().st_mode & 0o777)}}
part = pathlib.Path({record!r} + ".part")
part.write_text(json.dumps(record))
part.rename({record!r})
{then}
sys.exit({code})
"""


@pytest.fixture
def desk():
    require("Xvfb", lab=False)
    with Loopback() as lab:
        relay = lab.relay.popen([RA_RELAY, "serve", *lab.relay_options])
        lab.url = relay.wait_for_line("ra-relay ready").split()[-1]
        lab.sharer.start_display(640, 480)
        yield Desk(lab)


class Desk:
    """Sharer and helper on this machine; the sharer's PATH has only what a test installs."""

    def __init__(self, lab):
        self.lab = lab
        self.record = lab.directory / "record.json"
        self.programs = lab.directory / "bin"
        self.programs.mkdir()
        self.settings = lab.directory / "config.toml"
        self.settings.write_text("")

    def install(self, name, code=0, then=""):
        program = self.programs / name
        program.write_text(RECORDER.format(python=sys.executable, record=str(self.record), code=code, then=then))
        program.chmod(0o755)

    def configure(self, **keys):
        lines = [f"{key.replace('_', '-')} = {json.dumps(value)}" for key, value in keys.items()]
        self.settings.write_text("\n".join(["[mail]", *lines, ""]))

    def share(self, *options, json_lines=True, to=HELPER, name="Zoë", env=()):
        return self.lab.sharer.popen(
            [RA_CONNECT, "share", *["--json"] * json_lines, "--name", name, "--relay", self.lab.url, "--config", self.settings,
             "--mail", to, *options], env={"PATH": str(self.programs), "TZ": "Europe/Paris", **dict(env)})

    def join(self, content):
        """The helper saves the attachment and joins with it: both come to `connected`."""
        file = self.lab.helper.home / "invitation.rainvite"
        file.write_bytes(content)
        helper = self.lab.helper.popen([RA_CONNECT, "join", file, "--json", "--no-viewer"])
        helper.wait_for_event("connected", timeout=30)
        return helper

    def recorded(self):
        return eventually(lambda: self.record.exists() and json.loads(self.record.read_text()), "the program was called")


def check(message, event, *, language="en", link=None):
    """What every message has; returns the attachment's bytes."""
    text = message.get_body().get_content()
    assert message["Content-Language"] == language
    assert email.utils.parsedate_to_datetime(message["Date"]).timestamp() == pytest.approx(time.time(), abs=120)
    words = {"en": ("Do not forward", "good for one helper", "until"), "fr": ("Ne transférez pas", "une seule personne", "jusqu’au")}
    assert all(word in text for word in words[language]), text
    # In Paris and in UTC, the invitation's own moment.
    hour = event["expires"][11:16]
    assert f"{hour} UTC" in text and re.search(r"\(UTC\+[12] ?;", text), text
    assert (link or "https://") in text or not link
    name, content = attachment(message)
    assert name == "invitation.rainvite" and json.loads(content)["from"] == "Zoë"
    return content


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_mail_server_takes_it_and_the_helper_comes_by_the_attachment(desk, language):
    with MailServer(authority=authority()) as server:
        secret = desk.lab.directory / "password"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o600)
        desk.configure(server="localhost", port=server.port, tls="starttls", user=USER, password_file=str(secret),
                       **{"from": "ann@example.org", "ca_file": str(authority().root)})
        sharer = desk.share(env={"LANG": "fr_FR.UTF-8"} if language == "fr" else {})
        event = sharer.wait_for_event("invitation")
        eventually(lambda: server.envelopes, "the message has come")
        [envelope] = server.envelopes
        assert (envelope.mail_from, envelope.rcpt_tos) == ("ann@example.org", [HELPER])
        assert server.logins == [True]
        message = server.last_message()
        assert message["To"] == HELPER and message["From"] == "Zoë <ann@example.org>"
        assert message["Subject"] == {"en": "Zoë asks for your help", "fr": "Zoë vous demande de l’aide"}[language]
        helper = desk.join(check(message, event, language=language))
        sharer.wait_for_event("connected", timeout=30)
        helper.send("stop")
        assert (helper.wait(), sharer.wait()) == (0, 0)


@pytest.mark.parametrize(("keys", "reason"), [
    ({"tls": "starttls"}, "certificate|SSL"),
    ({"tls": "starttls", "ca_file": True, "user": USER, "password_command": ["printf", "wrong"]}, "denied|ogin"),
    ({"tls": "none"}, "530|STARTTLS|TLS"),
])
def test_a_server_that_does_not_take_it_is_told(desk, keys, reason):
    with MailServer(authority=authority()) as server:
        os.symlink("/usr/bin/printf", desk.programs / "printf")
        if "ca_file" in keys:
            keys = {**keys, "ca_file": str(authority().root)}
        desk.configure(server="localhost", port=server.port, **{"from": "ann@example.org", **keys})
        sharer = desk.share()
        ended = sharer.wait_for_event("ended", timeout=60)
        assert ended["reason"] == "error" and re.search(reason, ended["detail"]), ended
        assert sharer.wait() == 1 and not server.envelopes


def test_a_server_without_tls_is_refused_where_tls_is_asked_for(desk):
    with MailServer() as server:
        desk.configure(server="localhost", port=server.port, tls="starttls", **{"from": "ann@example.org"})
        sharer = desk.share()
        assert "localhost did not take the message" in sharer.wait_for_event("ended", timeout=60)["detail"]
        assert sharer.wait() == 1 and not server.envelopes


def test_a_server_on_loopback_needs_no_tls(desk):
    with MailServer() as server:
        desk.configure(server="127.0.0.1", port=server.port, **{"from": "ann@example.org"})
        event = desk.share().wait_for_event("invitation")
        eventually(lambda: server.envelopes, "the message has come")
        check(server.last_message(), event)


def test_sendmail_takes_it_on_standard_input(desk):
    desk.install("sendmail")
    event = desk.share(env={"DISPLAY": desk.lab.sharer.display}).wait_for_event("invitation")
    seen = desk.recorded()
    assert seen["argv"] == ["-i", "-t"]
    message = parse(seen["input"].encode())
    assert message["To"] == HELPER and message["From"] is None
    check(message, event)


def test_a_mail_program_is_opened_with_no_secret_in_sight(desk):
    desk.install("xdg-email")
    sharer = desk.share("--language", "fr", name="Zoë O'Hara")
    sharer.wait_for_event("invitation")
    seen = desk.recorded()
    words = seen["argv"]
    assert words[:3] == ["--utf8", "--subject", "Zoë O’Hara vous demande de l’aide"] and words[-1] == HELPER
    assert seen["mode"] == "0o600"
    secret = json.loads(seen["attachment"])["secret"]
    assert secret and not any(secret in word or "/j/" in word for word in words)
    helper = desk.join(seen["attachment"].encode())
    sharer.wait_for_event("connected", timeout=30)
    assert pathlib.Path(seen["path"]).exists()  # the mail program may still need it
    helper.send("stop")
    assert (helper.wait(), sharer.wait()) == (0, 0)
    assert not pathlib.Path(seen["path"]).parent.exists()


def test_ctrl_c_ends_share_and_leaves_the_mail_program_its_window(desk):
    desk.install("xdg-email", then="time.sleep(600)")
    sharer = desk.share()
    sharer.wait_for_event("invitation")
    seen = desk.recorded()
    try:
        os.killpg(sharer.pid, signal.SIGINT)  # as a terminal does it: to the whole group
        assert sharer.wait() == 0
        os.kill(seen["pid"], 0)
        # It had not come back yet; what it was given is gone all the same, and revoked.
        assert not pathlib.Path(seen["path"]).parent.exists()
    finally:
        os.kill(seen["pid"], signal.SIGKILL)


def test_a_second_ctrl_c_leaves_no_invitation_behind(desk):
    desk.install("xdg-email", then="time.sleep(600)")
    sharer = desk.share()
    sharer.wait_for_event("invitation")
    seen = desk.recorded()
    try:
        for _ in range(2):
            sharer.signal(signal.SIGINT)
        assert sharer.wait() in (0, 128 + signal.SIGINT)
        assert not pathlib.Path(seen["path"]).parent.exists()
    finally:
        os.kill(seen["pid"], signal.SIGKILL)


def test_a_password_file_may_be_a_link_to_one_that_is_private(desk):
    with MailServer(authority=authority()) as server:
        secret, link = desk.lab.directory / "password", desk.lab.directory / "link"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o600)
        link.symlink_to(secret)
        desk.configure(server="localhost", port=server.port, tls="starttls", user=USER, password_file=str(link),
                       **{"from": "ann@example.org", "ca_file": str(authority().root)})
        desk.share().wait_for_event("invitation")
        eventually(lambda: server.envelopes, "the message has come")


def test_a_program_that_fails_is_told(desk):
    desk.install("xdg-email", code=4)
    sharer = desk.share()
    assert "code 4" in sharer.wait_for_event("ended")["detail"]
    assert sharer.wait() == 1


@pytest.mark.parametrize(("to", "keys", "reason"), [
    ("ann@example.org\nBcc: x@y", {}, "is no e-mail address"), ("a@-oQ", {}, "is no e-mail address"), ("", {}, "is no e-mail address"),
    (HELPER, {}, "no way to send mail"), (HELPER, {"via": "sendmail"}, "no sendmail"), (HELPER, {"via": "pigeon"}, "via is one of"),
    (HELPER, {"via": "program"}, "xdg-email"), (HELPER, {"via": "smtp"}, "needs server and from"),
    (HELPER, {"server": "x"}, "needs server and from"), (HELPER, {"sever": "x"}, "no key “sever”"),
    (HELPER, {"server": "x", "from": "a b"}, "from is no e-mail address"), (HELPER, {"port": 0}, "port is a number"),
    (HELPER, {"server": "mail.example.org", "from": "a@b", "tls": "none", "user": "x", "password_file": "y"}, "to everybody on the way"),
    (HELPER, {"user": "x"}, "user needs"), (HELPER, {"password_command": []}, "password-command is a list"),
])
def test_what_cannot_work_is_said_before_anybody_is_invited(desk, to, keys, reason):
    if pathlib.Path("/usr/sbin/sendmail").exists() and "sendmail" in reason + "no way":
        pytest.skip("this machine has a sendmail of its own")
    desk.configure(**keys)
    sharer = desk.share(to=to)
    assert sharer.wait() == 2 and reason in sharer.errors, sharer.errors
    assert not sharer.events


def test_a_password_that_others_can_read_is_not_used(desk):
    secret = desk.lab.directory / "password"
    secret.write_text("x\n")
    secret.chmod(0o644)
    desk.configure(server="127.0.0.1", port=1, user="ann", password_file=str(secret), **{"from": "ann@example.org"})
    sharer = desk.share()
    assert "can be read by others" in sharer.wait_for_event("ended")["detail"]
    assert sharer.wait() == 1
