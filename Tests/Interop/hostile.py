"""Bytes that no honest program sends: what test_hostile_input.py throws at a relay. The same seed makes the same bytes."""

import hashlib
import hmac
import json
import random
import socket
import ssl
import struct
import zlib

COOKIE = 0x2112A442
REQUEST, INDICATION, SUCCESS, ERROR = 0x000, 0x010, 0x100, 0x110
BINDING, ALLOCATE, REFRESH, SEND, DATA, CREATE_PERMISSION, CHANNEL_BIND = 1, 3, 4, 6, 7, 8, 9
CONNECT, CONNECTION_BIND, CONNECTION_ATTEMPT = 10, 11, 12
#: The last two are nobody's.
METHODS = [BINDING, ALLOCATE, REFRESH, SEND, DATA, CREATE_PERMISSION, CHANNEL_BIND, CONNECT, CONNECTION_BIND,
           CONNECTION_ATTEMPT, 0x02, 0xFFF]
USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, CHANNEL_NUMBER, LIFETIME = 0x06, 0x08, 0x09, 0x0C, 0x0D
XOR_PEER_ADDRESS, DATA_VALUE, REALM, NONCE, XOR_RELAYED, REQUESTED_TRANSPORT = 0x12, 0x13, 0x14, 0x15, 0x16, 0x19
FINGERPRINT = 0x8028
#: Every attribute of RFC 8489, 8656, 8445, 5780, 6062 and 8016, and some that nobody defines.
ATTRIBUTES = [
    0x01, 0x03, 0x06, 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C,
    0x1D, 0x1E, 0x20, 0x22, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x8000, 0x8001, 0x8002, 0x8003, 0x8004, 0x8022, 0x8023, 0x8028,
    0x8029, 0x802A, 0x802B, 0x802C, 0x8030, 0x7777, 0xFFFF]


def stun(method, message_class, transaction, attributes, key=None, fingerprint=False):
    """A STUN message; with a key its MESSAGE-INTEGRITY is right."""
    body = b"".join(struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4) for kind, value in attributes)
    kind = message_class | method & 0xF | (method & 0x70) << 1 | (method & 0xF80) << 2

    def head(more):
        return struct.pack(">HHI", kind, (len(body) + more) & 0xFFFF, COOKIE) + transaction
    if key:
        code = hmac.new(key, head(24) + body, hashlib.sha1).digest()
        body += struct.pack(">HH", MESSAGE_INTEGRITY, 20) + code
    if fingerprint:
        code = zlib.crc32(head(8) + body) ^ 0x5354554E
        body += struct.pack(">HHI", FINGERPRINT, 4, code)
    return head(0) + body


def attributes_of(message):
    """The attributes of a message that the relay sent, by type; of several the first."""
    found, offset = {}, 20
    while offset + 4 <= len(message):
        kind, length = struct.unpack_from(">HH", message, offset)
        found.setdefault(kind, message[offset + 4:offset + 4 + length])
        offset += 4 + (length + 3 & ~3)
    return found


def xor_address(address, port):
    """XOR-PEER-ADDRESS of an IPv4 address (RFC 8489 §14.2)."""
    bits = struct.unpack(">I", socket.inet_aton(address))[0] ^ COOKIE
    return struct.pack(">BBHI", 0, 1, port ^ COOKIE >> 16, bits)


class Villain:
    """Makes bad input. With credentials, also such as passes authentication: those who may come in can be bad too."""

    def __init__(self, seed, user, password, realm):
        self.random = random.Random(seed)
        self.user, self.realm = user, realm
        self.key = hashlib.md5(f"{user}:{realm}:{password}".encode()).digest()

    # Whole things

    def credentials(self, nonce):
        return [(USERNAME, self.user.encode()), (REALM, self.realm.encode()), (NONCE, nonce)]

    def request(self, method, attributes, nonce):
        """As an honest client makes it."""
        return stun(method, REQUEST, self.random.randbytes(12), attributes + self.credentials(nonce), self.key)

    def wild_request(self, nonce):
        """Signed as it should be, with attributes that are not."""
        method = self.random.choice(METHODS)
        attributes = [self._attribute() for _ in range(self.random.choice([0, 0, 0, 1, 2, 5]))]
        if self.random.random() < 0.7:
            attributes = self._plausible(method) + attributes
        parts = attributes + self.credentials(nonce)
        if self.random.random() < 0.2:
            self.random.shuffle(parts)
        return stun(method, self.random.choice([REQUEST] * 8 + [INDICATION, SUCCESS, ERROR]),
                    self.random.randbytes(12), parts, self.key, self.random.random() < 0.3)

    def message(self, nonce):
        """One message for a UDP port or a TURN stream, most of them damaged."""
        choice = self.random.random()
        if choice < 0.35:
            return self.wild_request(nonce)
        if choice < 0.55:
            return self.damaged(self.wild_request(nonce))
        if choice < 0.7:
            data = self.random.randbytes(self.random.choice([0, 1, 3, 4, 100, 1400]))
            number = self.random.choice([0x4000, 0x4001, 0x4FFF, 0x5000, 0x7FFF])
            message = struct.pack(">HH", number, len(data)) + data
            return message if choice < 0.62 else self.damaged(message)
        if choice < 0.8:
            return self.damaged(client_hello_datagram(self.random))
        if choice < 0.9:
            return self.damaged(stun(BINDING, REQUEST, self.random.randbytes(12), [], None, True))
        return self.random.randbytes(self.random.choice([1, 4, 19, 20, 21, 28, 100, 548, 1472]))

    def stream(self, nonce):
        """The bytes of one TCP connection."""
        choice = self.random.random()
        if choice < 0.4:
            first = stun(BINDING, REQUEST, self.random.randbytes(12), [])
            run = b"".join(self._framed(self.message(nonce)) for _ in range(self.random.randrange(1, 12)))
            return first + run
        if choice < 0.55:
            return self.damaged(client_hello())
        if choice < 0.7:
            return self.damaged(self.random.choice(HTTP))
        if choice < 0.9:
            return UPGRADE + b"".join(self._frame() for _ in range(self.random.randrange(1, 8)))
        return self.random.randbytes(self.random.choice([1, 2, 8, 100, 5000]))

    def damaged(self, data):
        """One to four changes to some bytes."""
        data = bytearray(data)
        for _ in range(self.random.randrange(1, 5)):
            position = self.random.randrange(len(data) + 1)
            kind = self.random.randrange(6)
            if kind == 0 and position < len(data):
                data[position] ^= 1 << self.random.randrange(8)
            elif kind == 1 and position < len(data):
                data[position] = self.random.choice([0, 1, 0x7F, 0x80, 0xFF])
            elif kind == 2:
                del data[position:]
            elif kind == 3:
                data[position:position] = self.random.randbytes(self.random.choice([1, 2, 4, 40]))
            elif kind == 4:
                data[position:position] = data[position // 2:position]
            elif len(data) >= 4:
                struct.pack_into(">H", data, 2, self.random.choice([0, 1, 4, len(data), 0x7FFF, 0xFFFC, 0xFFFF]))
            if not data:
                break
        return bytes(data)

    # Parts

    def _plausible(self, method):
        """What an honest request of a method has."""
        peer = (XOR_PEER_ADDRESS, xor_address("127.0.0.1", self.random.randrange(1, 65536)))
        transport = (REQUESTED_TRANSPORT, bytes([self.random.choice([17, 17, 17, 6]), 0, 0, 0]))
        number = (CHANNEL_NUMBER, struct.pack(">HH", 0x4000 + self.random.randrange(64), 0))
        return {ALLOCATE: [transport], SEND: [peer, (DATA_VALUE, self.random.randbytes(50))], CREATE_PERMISSION: [peer],
                CHANNEL_BIND: [number, peer], CONNECT: [peer]}.get(method, [])

    def _attribute(self):
        kind = self.random.choice(ATTRIBUTES)
        if self.random.random() < 0.5:
            return kind, self.random.randbytes(self.random.choice([0, 1, 3, 4, 5, 8, 12, 20, 32, 100, 763]))
        return self.random.choice([
            (XOR_PEER_ADDRESS, xor_address(self.random.choice(["127.0.0.1", "10.0.0.1", "0.0.0.0", "255.255.255.255"]),
                                           self.random.choice([0, 9, 65535]))),
            (XOR_PEER_ADDRESS, struct.pack(">BBH", 0, 2, 9) + self.random.randbytes(16)),
            (XOR_PEER_ADDRESS, struct.pack(">BBH", 0, 3, 9) + bytes(4)),
            (LIFETIME, struct.pack(">I", self.random.choice([0, 1, 600, 2**31, 2**32 - 1]))),
            (CHANNEL_NUMBER, struct.pack(">HH", self.random.choice([0, 0x3FFF, 0x4000, 0x4FFF, 0x5000, 0xFFFF]), 0)),
            (0x17, bytes([self.random.choice([0, 1, 2, 255]), 0, 0, 0])),
            (0x8000, bytes([self.random.choice([0, 1, 2, 255]), 0, 0, 0])),
            (0x18, bytes([self.random.choice([0, 0x80, 0xFF])])),
            (0x22, self.random.randbytes(8)),
            (0x03, struct.pack(">I", self.random.choice([0, 2, 4, 6]))),
            (DATA_VALUE, self.random.randbytes(self.random.choice([0, 1, 1000]))),
        ])

    def _framed(self, message):
        return message + bytes(-len(message) % 4) if message[:1] > b"\x3f" else message

    def _frame(self):
        """A WebSocket frame with a message of the rendezvous, or what is left of it."""
        text = json.dumps(self.random.choice(RENDEZVOUS)).encode()
        payload = self.damaged(text) if self.random.random() < 0.7 else text
        opcode = self.random.choice([0, 1, 1, 1, 1, 2, 3, 8, 9, 10, 15])
        head = bytes([self.random.choice([0x80, 0x80, 0, 0xF0]) | opcode])
        length = len(payload) if self.random.random() < 0.9 else self.random.choice([0, 2**16, 2**31, 2**63, 2**64 - 1])
        if length < 126:
            head += bytes([0x80 | length])
        elif length < 2**16:
            head += b"\xfe" + struct.pack(">H", length)
        else:
            head += b"\xff" + struct.pack(">Q", length)
        mask = self.random.randbytes(4)
        return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


UPGRADE = (b"GET /rendezvous HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
HTTP = [
    b"GET /.well-known/ra-relay HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: " + b"a" * 9000 + b"\r\n\r\n",
    b"POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HEAD /readyz HTTP/1.0\r\nContent-Length: 18446744073709551616\r\n\r\n",
    b"GET /readyz HTTP/1.1\r\nHost: [::1]:99999\r\nConnection: close\r\n\r\n" * 3,
    UPGRADE,
]
RENDEZVOUS = [
    {"type": "create", "version": 1, "lifetime": 3600, "uses": 1, "ceiling": "control"},
    {"type": "create", "version": 1, "lifetime": -1, "uses": 2**63, "ceiling": None},
    {"type": "meet", "version": 1, "lookup": "ABCDEF"},
    {"type": "resume", "version": 1, "lookup": "ABCDEF", "owner": "A" * 43},
    {"type": "opaque", "meeting": "x" * 40, "payload": "y" * 5000},
    {"type": "confirmed", "meeting": 7}, {"type": "leave"}, {"type": "no such thing"}, [[[[]]]], "", 1e400, None,
]


def client_hello():
    """The first flight of a real TLS client."""
    outgoing = ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


# DTLS (RFC 6347 §4)

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
CLIENT_HELLO, HELLO_VERIFY_REQUEST, SERVER_HELLO, CERTIFICATE, CLIENT_KEY_EXCHANGE, FINISHED = 1, 3, 2, 11, 16, 20


def record(kind, content, epoch=0, sequence=0, version=0xFEFD):
    return struct.pack(">BHHHIH", kind, version, epoch, sequence >> 32, sequence & 0xFFFFFFFF, len(content)) + content


def handshake(kind, sequence, body, offset=0, total=None):
    """A handshake message, or a fragment of one."""
    total = len(body) if total is None else total
    return (bytes([kind]) + total.to_bytes(3, "big") + struct.pack(">H", sequence)
            + offset.to_bytes(3, "big") + len(body).to_bytes(3, "big") + body)


def client_hello_body(secret, cookie=b""):
    """Of DTLS 1.2: what `ra-relay` speaks, ECDHE and AES-GCM, X25519 and P-256, ECDSA and RSA."""
    extensions = struct.pack(">HHHHH", 10, 6, 4, 29, 23) + struct.pack(">HHHHH", 13, 6, 4, 0x0403, 0x0804)
    return (b"\xfe\xfd" + secret + b"\0" + bytes([len(cookie)]) + cookie + struct.pack(">HHH", 4, 0xC02B, 0xC02F) + b"\x01\0"
            + struct.pack(">H", len(extensions)) + extensions)


def client_hello_datagram(rng):
    """A ClientHello without a cookie: a record with one message."""
    return record(HANDSHAKE, handshake(CLIENT_HELLO, 0, client_hello_body(rng.randbytes(32))))


class HalfHandshake:
    """A client of DTLS that returns its cookie, and then does what nobody should."""

    def __init__(self, port, rng, host="127.0.0.1", source="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        self.socket.connect((host, port))
        self.socket.settimeout(10)
        self.secret, self.sequence = rng.randbytes(32), 0

    def hello(self, cookie=b""):
        message = handshake(CLIENT_HELLO, 1 if cookie else 0, client_hello_body(self.secret, cookie))
        self.sequence += 1
        return record(HANDSHAKE, message, sequence=self.sequence)

    def cookie(self):
        """What the relay asks to have back."""
        self.socket.send(self.hello())
        answer = self.socket.recv(65536)
        assert (answer[0], answer[13]) == (HANDSHAKE, HELLO_VERIFY_REQUEST), answer[:14].hex()
        return answer[28:28 + answer[27]]

    def begin(self):
        """Returns the cookie. Gives whether the relay goes on: there is an answer, and it begins with ServerHello."""
        self.socket.send(self.hello(self.cookie()))
        try:
            answer = self.socket.recv(65536)
        except TimeoutError:
            return False
        assert (answer[0], answer[13]) == (HANDSHAKE, SERVER_HELLO), answer[:14].hex()
        return True

    def close(self):
        self.socket.close()
