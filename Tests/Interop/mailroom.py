"""A mail server of PyPI's aiosmtpd for one test: what it took, and from whom."""

import email
import email.policy
import socket
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "ann", "s3cret word"


class MailServer:
    """Takes messages on 127.0.0.1. With `authority` it has STARTTLS, and takes nothing without; then it wants USER and PASSWORD."""

    def __init__(self, address="127.0.0.1", authority=None):
        self.envelopes = []
        self.logins = []
        options = {}
        if authority:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(authority.certificate, authority.key)
            options = {"tls_context": context, "require_starttls": True, "authenticator": self._authenticate, "auth_required": True}
        with socket.create_server((address, 0)) as probe:  # aiosmtpd looks whether it answers at the port that it was told
            self.port = probe.getsockname()[1]
        self._controller = Controller(self, hostname=address, port=self.port, **options)

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *error):
        self._controller.stop()

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return "250 taken"

    def _authenticate(self, server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        self.logins.append(good)
        return AuthResult(success=good, handled=False)  # the refusal itself is aiosmtpd's to say

    def last_message(self):
        """What came last, as Python's own parser reads it."""
        return parse(self.envelopes[-1].content)


def parse(content):
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert not message.defects and not any(part.defects for part in message.walk()), message.defects
    return message


def attachment(message):
    """The name and the bytes of its one attachment."""
    [part] = message.iter_attachments()
    return part.get_filename(), part.get_content()
