"""A TURN client for tests, written from the RFCs by hand: it can ask for what ours does not, and shows every answer."""

import hashlib
import hmac
import ipaddress
import os
import socket
import struct
import zlib

COOKIE = 0x2112A442
BINDING, ALLOCATE, REFRESH, SEND, DATA, CREATE_PERMISSION, CHANNEL_BIND = 1, 3, 4, 6, 7, 8, 9
REQUEST, INDICATION, SUCCESS, ERROR = 0x000, 0x010, 0x100, 0x110
(MAPPED_ADDRESS, USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, UNKNOWN_ATTRIBUTES) = 0x0001, 0x0006, 0x0008, 0x0009, 0x000A
(LIFETIME, XOR_PEER_ADDRESS, DATA_ATTRIBUTE, REALM, NONCE, XOR_RELAYED_ADDRESS) = 0x000D, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016
(REQUESTED_FAMILY, REQUESTED_TRANSPORT, DONT_FRAGMENT, XOR_MAPPED_ADDRESS) = 0x0017, 0x0019, 0x001A, 0x0020
(ADDITIONAL_FAMILY, ADDRESS_ERROR_CODE, ICMP, ALTERNATE_SERVER) = 0x8000, 0x8001, 0x8004, 0x8023
FINGERPRINT = 0x8028


def message(kind, method, attributes=(), *, key=None, transaction=None):
    """A STUN message's bytes; with a key it is protected by MESSAGE-INTEGRITY."""
    transaction = transaction or os.urandom(12)
    body = b"".join(_attribute(*attribute) for attribute in attributes)
    if key:
        protected = _header(kind, method, len(body) + 24, transaction) + body
        body += _attribute(MESSAGE_INTEGRITY, hmac.new(key, protected, hashlib.sha1).digest())
    return _header(kind, method, len(body), transaction) + body


def with_fingerprint(bare):
    """A message with FINGERPRINT behind it."""
    longer = bare[:2] + struct.pack("!H", len(bare) - 20 + 8) + bare[4:]
    return longer + struct.pack("!HHI", FINGERPRINT, 4, zlib.crc32(longer) ^ 0x5354554E)


def _header(kind, method, length, transaction):
    return struct.pack("!HHI", kind | method & 0xF | (method & 0x70) << 1 | (method & 0xF80) << 2, length, COOKIE) + transaction


def _attribute(number, value):
    return struct.pack("!HH", number, len(value)) + value + b"\0" * (-len(value) % 4)


class Answer:
    """A decoded STUN message: `kind`, `method`, and `attributes`, a list of (type, value) in the order of the wire."""

    def __init__(self, data):
        number, length, cookie = struct.unpack("!HHI", data[:8])
        assert cookie == COOKIE and len(data) == 20 + length, data.hex()
        self.kind, self.transaction, self.data = number & 0x110, data[8:20], data
        self.method = number & 0xF | (number & 0xE0) >> 1 | (number & 0x3E00) >> 2
        self.attributes, at = [], 20
        while at < len(data):
            kind, size = struct.unpack("!HH", data[at:at + 4])
            self.attributes.append((kind, data[at + 4:at + 4 + size]))
            at += 4 + size + -size % 4

    def __getitem__(self, number):
        """The first attribute of a type, or None."""
        return next((value for kind, value in self.attributes if kind == number), None)

    def addresses(self, number):
        """Every attribute of a type that is a XORed address."""
        return [decode_address(value, self.transaction) for kind, value in self.attributes if kind == number]

    @property
    def error(self):
        """The number in ERROR-CODE, or None."""
        value = self[ERROR_CODE]
        return value and value[2] * 100 + value[3]


def encode_address(address, transaction=None):
    """(IP, port) as the attribute's value; XORed when there is a transaction."""
    packed, port = ipaddress.ip_address(address[0]).packed, address[1]
    if transaction is not None:
        packed, port = _xored(packed, transaction), port ^ COOKIE >> 16
    return struct.pack("!xBH", 1 if len(packed) == 4 else 2, port) + packed


def decode_address(value, transaction=None):
    _, port = struct.unpack("!xBH", value[:4])
    packed = value[4:]
    if transaction is not None:
        packed, port = _xored(packed, transaction), port ^ COOKIE >> 16
    return str(ipaddress.ip_address(packed)), port


def _xored(packed, transaction):
    return bytes(a ^ b for a, b in zip(packed, struct.pack("!I", COOKIE) + transaction))


class TURNClient:
    """One allocation over a UDP socket."""

    def __init__(self, made, server, user, password):
        self.socket, self.server = made, server
        self.socket.settimeout(5)
        self.user, self.password = user, password
        self.realm = self.nonce = None
        self.indications = []

    def ask(self, method, attributes=()):
        """Sends a request, with credentials once there was a challenge; returns the answer.

        A value that is a (IP, port) is an address to be XORed."""
        for _ in range(2):
            transaction = os.urandom(12)
            plain = [(number, encode_address(value, transaction) if isinstance(value, tuple) else value)
                     for number, value in attributes]
            if self.nonce:
                plain += [(USERNAME, self.user.encode()), (REALM, self.realm), (NONCE, self.nonce)]
            self.socket.sendto(message(REQUEST, method, plain, key=self.key, transaction=transaction), self.server)
            answer = self._answer(transaction)
            if answer.error not in (401, 438) or self.nonce == answer[NONCE]:
                return answer
            self.realm, self.nonce = answer[REALM], answer[NONCE]
        return answer

    @property
    def key(self):
        return self.nonce and hashlib.md5(f"{self.user}:{self.realm.decode()}:{self.password}".encode()).digest()

    def _answer(self, transaction):
        while True:
            answer = Answer(self.socket.recv(65536))
            if answer.transaction == transaction:
                return answer
            self.indications.append(answer)

    def allocate(self, *attributes):
        """The relayed addresses of a new allocation."""
        answer = self.ask(ALLOCATE, [(REQUESTED_TRANSPORT, b"\x11\0\0\0"), *attributes])
        assert answer.kind == SUCCESS, f"Allocate: {answer.error}"
        return answer.addresses(XOR_RELAYED_ADDRESS)

    def permit(self, *peers):
        answer = self.ask(CREATE_PERMISSION, [(XOR_PEER_ADDRESS, (peer, 0)) for peer in peers])
        assert answer.kind == SUCCESS, f"CreatePermission: {answer.error}"

    def send(self, payload, peer, *attributes):
        """A Send indication; nothing answers it."""
        transaction = os.urandom(12)
        self.socket.sendto(
            message(INDICATION, SEND, [(XOR_PEER_ADDRESS, encode_address(peer, transaction)), (DATA_ATTRIBUTE, payload),
                                       *attributes], transaction=transaction), self.server)

    def receive(self):
        """The next Data indication: (what it holds, the peer)."""
        answer = self.indications.pop(0) if self.indications else Answer(self.socket.recv(65536))
        assert (answer.kind, answer.method) == (INDICATION, DATA)
        return answer, answer.addresses(XOR_PEER_ADDRESS)[0]
