"""Writes the first inputs of a fuzz target into a folder: seeds.py TARGET FOLDER."""

import hashlib
import json
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Interop"))
import hostile  # noqa: E402

LOOKUP, MEETING, OWNER = "ABC123", "0123456789ABCDEFGHJKMNPQR0", "0123456789ABCDEFGHJKMNPQR0"
#: A look-up, five symbols of secret, and what each of the possible check symbols makes of it: one of them is right.
CODES = [f"ABC123-45678{symbol}" for symbol in "0123456789ABCDEFGHJKMNPQRSTVWXYZ"]
#: A ticket of Windows that opens with the password “a”.
OPENS_WITH_A = "3E590A3DD8BE6F58393DCE02263C92E9159B3DFE5FE7D64A451767D262A589F98882A29056CA47EF2FA787AE6711B27F8AC16C4E9D34BB1B2933D9E2081736A1E2241EBDB920BEC5B6A431808A179393AA161C45A4B4DD4F03AE7035104B99E9"
LINK_SECRET = "0123456789ABCDEFGHJKMNPQR0"


def messages():
    """One message with each attribute that anybody defines, and some whole requests of an honest client."""
    values = [b"", b"\x11\0\0\0", bytes(8), bytes(20), b"\0\1" + bytes(6), b"\0\2" + bytes(18), b"some text"]
    for kind in hostile.ATTRIBUTES:
        for value in values:
            yield hostile.stun(hostile.BINDING, hostile.REQUEST, bytes(12), [(kind, value)])
    villain = hostile.Villain(1, "alice", "secret", "ra-relay")
    for method in hostile.METHODS:
        yield villain.request(method, villain._plausible(method), b"nonce")


def streams():
    run = b"".join(struct.pack(">HH", 0x4000 + n, n) + bytes(n) + bytes(-n % 4) for n in range(6))
    for pieces in (b"\0\0\0\0", b"\3\1\7\2", b"\x3f\x3f\x3f\x3f"):
        for message in list(messages())[::29]:
            yield pieces + run + message + run


def choices():
    """Numbers without a plan: the targets that take operations understand every one."""
    generator = random.Random(1)
    for length in (20, 100, 400):
        for _ in range(4):
            yield generator.randbytes(length)


def requests():
    yield b"transport=udp&port=3389&nonce=000102030405060708090a0b&via=3478"
    villain = hostile.Villain(1, "alice", "secret", "ra-relay")
    for client in range(3):
        for method in hostile.METHODS[:10]:
            plain = b"".join(
                struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)
                for kind, value in villain._plausible(method))
            yield bytes([client, method, 0]) + struct.pack(">H", len(plain)) + plain


def dtls():
    """Handshakes that nobody disturbs, then data, for each client; each step is the client's number and what it does."""
    for client in range(5):
        steps = [0, *[1] * 8, 9, 4, 1, 2, 3, 4, 5, 6]
        whole = b"".join(bytes([client, step]) for step in steps)
        yield whole
        for position in range(0, 27, 3):
            yield bytes([client, 0, client, 1, client, 3, 0, position, 1, 7]) + whole
    yield from choices()


def rendezvous():
    turn = {"username": "1:a", "password": "p", "expires": "2026-11-21T08:30:00Z", "uris": ["turn:relay:3478"]}
    common = {"version": 1, "lookup": LOOKUP, "owner": OWNER, "meeting": MEETING, "lifetime": 60, "uses": 1,
              "ceiling": "view", "expires": "2026-11-21T08:30:00Z", "payload": "share code AAAA", "reason": "declined",
              "code": "busy", "turn": turn, "name": "Hel", "fingerprint": "sha-256 AB:CD", "ufrag": "abcd",
              "pwd": "a" * 22, "state": "in-use", "candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "mapped": True,
              "address": "ann@relay.example.org", "identity": "A" * 43, "proof": "A" * 86}
    for kind in ("create", "resume", "status", "extend", "close", "burn", "confirmed", "refuse", "meet", "opaque", "leave", "created",
                 "resumed", "extended", "closed", "helper-arrived", "met", "gone", "peer-left", "refused", "credentials",
                 "error", "description", "candidate", "end-of-candidates", "card", "bye"):
        yield json.dumps({"type": kind, **common}).encode()
        yield json.dumps({"type": kind, **common, "reason": "used"}).encode()
    # The key of the fuzz target's person, so that the allow-list is one it is in.
    key = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w"
    contact = {"version": 1, "key": key, "nonce": "A" * 43, "proof": "A" * 86, "name": "ann", "allow": key, "strangers": True,
               "here": True, "call": MEETING, "to": "ann", "from": key, "kind": "ring", "payload": "AAAA",
               "url": "https://relay.example.org", "code": "busy", "of": "call"}
    for kind in ("identify", "prove", "look", "register", "present", "absent", "allow", "presence", "call", "answer", "hang-up",
                 "challenge", "identified", "person", "nobody", "registered", "elsewhere", "unavailable", "asked", "called",
                 "answered", "hung-up", "replaced", "error"):
        yield json.dumps({"type": kind, **contact}).encode()
    yield b"\n".join(json.dumps({"type": kind, **contact}).encode() for kind in ("look", "present", "call", "answer", "hang-up"))
    for payload in ("share code " + "A" * 43, "share " + "A" * 43, "confirm " + "A" * 86, "sealed AAAA"):
        yield payload.encode()


def invitations():
    file = {"version": 1, "relay": "https://relay.example.org", "lookup": LOOKUP, "from": "Ann", "ceiling": "control",
            "expires": "2026-11-21T08:30:00+01:00", "message": "please"}
    box = {"kdf": "argon2id", "passes": 3, "memory": 256 << 20, "salt": "A" * 22, "nonce": "A" * 32, "box": "A" * 64}
    yield json.dumps({**file, "secret": LINK_SECRET}).encode()
    yield json.dumps({**file, "sealed": box}).encode()
    yield f" https://relay.example.org:8443/j/{LOOKUP}#{LINK_SECRET}\n".encode()
    yield from (code.encode() for code in CODES)
    for address in ("relay.example.org", "192.0.2.1:3478", "[2001:db8::1]", "[2001:db8::1]:443", "http://a_b.c:80/"):
        yield address.encode()
    yield b"2026-11-21T08:30:00.5+01:00"


def incidents():
    ticket = "65538,1,192.0.2.7:3389;ann_pc:3389,*,c2Vzc2lvbg==,*,*,aGFzaA=="
    yield ticket.encode()
    yield OPENS_WITH_A.encode()
    yield b'<E><A KH="aGFzaA==" KH2="sha256:aGFzaA==" ID="c2Vz"/><C><T ID="1" SID="0"><L P="49152" N="fe80::1%3"/></T></C></E>'
    for more in ("", f'LHTICKET="{OPENS_WITH_A}" '):
        text = ('<?xml version="1.0" encoding="Unicode" ?><UPLOADINFO TYPE="Escalated"><UPLOADDATA USERNAME="Zo\u00eb &amp; Ann" '
                f'RCTICKET="{ticket}" {more}RCTICKETENCRYPTED="1" DtStart="1000000000" DtLength="60" PassStub="ab*1C_d2" L="0" />'
                "</UPLOADINFO>")
        yield text.encode()
        yield text.encode("utf-16")


def router_answers():
    """PCP's answers to the nonce 1 to 12, alone and as steps of a conversation; NAT-PMP's; the kernel's routes."""
    opcode_data = bytes(range(1, 13)) + struct.pack(">B3xHH", 17, 5000, 6000) + bytes(10) + b"\xff\xff\x0b\x16\x21\x15"
    for opcode, data in ((0, b""), (1, opcode_data), (2, opcode_data + struct.pack(">H2x", 3478) + bytes(16))):
        for result in (0, 1, 2, 7, 8, 11, 12):
            for epoch in (0, 100, 5000):
                answer = struct.pack(">BBxBII12x", 2, 0x80 | opcode, result, 600, epoch) + data
                yield answer
                yield (bytes([0, len(answer)]) + answer + b"\2\xff\xff\3") * 3
                yield b"\1" + answer[:24]
    yield struct.pack(">BBHI4s", 0, 128, 0, 9, b"\x0b\x16\x21\x15")
    yield bytes([0, 8]) + struct.pack(">BBHI", 0, 0x81, 1, 9)
    yield b"eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    yield b"0" * 32 + b" 00 " + b"0" * 32 + b" 00 fe80" + b"0" * 27 + b"1 00000400 1 0 00450003 eth0\n"


def clipboard_messages():
    """Texts to send, and messages of a peer: a whole one, one in two, and ones that are none."""
    yield b"\0\7Hello, \xc3\xa9\x01\x00"
    for said in (b"\1\0\0\0\5Hello", b"\1\0\0\0\5Hel", b"\2lo", b"\1\0\x10\0\0", b"\1\0\0\0\1\xff", b"\3"):
        yield b"\1" + bytes([len(said)]) + said
    yield b"\1\x08\1\0\0\0\5Hel\1\3\2lo"


def session_messages():
    """A session of either side, up to a file that is asked for and granted, and each message by itself."""
    said = {"view": "0100000001010000", "yes to view": "020000000101", "rules": "0D0303010100160009" + b"localhost".hex(),
            "control": "0100000003020000", "file": "0E00000007030000000000000007" + "0005" + b"a.txt".hex(),
            "clipboard": "0E000000080403", "tcp": "0E00000009050016" + "0009" + b"localhost".hex(), "withdrawn": "0F0000000703",
            "yes to file": "020000000203", "no to file": "03000000020303", "end of files": "040303", "release": "0503",
            "chat": "0800026869", "key": "09040000006101", "end": "0C010000"}
    steps = {name: b"\2" + bytes([len(text) // 2]) + bytes.fromhex(text) for name, text in said.items()}
    yes, request_file = b"\0\0", b"\0\x09"
    for role, opening in ((b"\0", steps["rules"] + steps["view"] + yes), (b"\1", steps["yes to view"] + steps["rules"])):
        for step in ("\2\x02\1a", "\2\x09\3" + "\0" * 7 + "\1", "\2\1\4", "\2\2\5\6"):
            yield b"\1\0" + step.encode("latin1") * 2 + b"\x21\2" + bytes(32)
        for step in steps.values():
            yield role + opening + step + yes + step
            yield role + opening + steps["file"] + yes + step
            yield role + opening + request_file + steps["yes to file"] + step


SEEDS = {"STUNMessages": messages, "Streams": streams, "RelayOperations": choices, "RelayRequests": requests, "DTLSClients": dtls,
         "Rendezvous": rendezvous, "Invitations": invitations, "Incidents": incidents, "RouterAnswers": router_answers, "SessionMessages": session_messages,
         "ClipboardMessages": clipboard_messages}

if __name__ == "__main__":
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    for seed in SEEDS[target]():
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
