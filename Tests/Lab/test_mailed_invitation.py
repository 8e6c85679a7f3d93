"""An invitation that is mailed from behind one NAT brings the helper who is behind another: the attachment is all that he has."""

import email
import email.policy
import sys

import pytest
from lab import Home
from scenarios import Assistance, require
from scenarios.waiting import eventually


@pytest.mark.parametrize("kind", ["full-cone", "symmetric"])
def test_the_attachment_of_a_message_leads_through_the_nats(kind):
    require("Xvfb")
    with Assistance(Home(nat=kind), Home(nat=kind)) as session:
        relay = session.lab.relay
        mailbox = relay.directory / "mail"
        server = relay.popen(
            [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"{relay.address}:2525", "-c", "aiosmtpd.handlers.Mailbox", mailbox])
        eventually(lambda: _listens(relay, 2525) or server.exit_code is not None, "the mail server is there")
        settings = session.lab.sharer.home / "config.toml"
        settings.write_text(
            f'[mail]\nserver = "{relay.address}"\nport = 2525\ntls = "none"\nfrom = "sharon@example.org"\n')
        session.share("--config", settings, "--mail", "helge@example.com").wait_for_event("invitation")

        file = eventually(lambda: next(iter((mailbox / "new").glob("*")), None), "the message has come", timeout=30)
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        [part] = message.iter_attachments()
        saved = session.lab.helper.home / part.get_filename()
        saved.write_bytes(part.get_content())

        session.join(saved)
        session.helper.wait_for_event("connected", timeout=15)
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.stop_in_order()


def _listens(host, port):
    return f":{port} " in host.run(["ss", "-Hltn"]).stdout
