"""A client of the rendezvous that proves nothing: what the relay itself knows of invitations, over its WebSocket."""

import json
import socket
import struct

UPGRADE = (b"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")


class Gone(Exception):
    """The relay has closed the connection, or died."""


class Client:
    """One WebSocket. `source` is the loopback address that it comes from, for bounds that count addresses."""

    def __init__(self, port, *, source=None, fields=b"", timeout=20, path=b"/rendezvous", host=b"relay"):
        self._buffer = b""
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout, (source, 0) if source else None)
            self.socket.sendall(UPGRADE % (path, host) + fields + b"\r\n")
            while b"\r\n\r\n" not in self._buffer:
                self._read()
        except OSError as error:
            raise Gone from error
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        self.status = int(head.split()[1])

    def _read(self):
        try:
            data = self.socket.recv(65536)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        self._buffer += data

    def _send(self, opcode, payload):
        # Masked, as every client's frame is (RFC 6455 §5.3), by zeros.
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
        try:
            self.socket.sendall(bytes([0x80 | opcode]) + length + bytes(4) + payload)
        except OSError as error:
            raise Gone from error

    def say(self, kind, /, **fields):
        self._send(1, json.dumps({"type": kind, **fields}).encode())

    def send_ping(self, payload):
        self._send(9, payload)

    def hear_pong(self, payload):
        """Waits for the answer to a ping; returns the messages that came before it."""
        messages = []
        while True:
            opcode, heard = self._hear_frame()
            if (opcode, heard) == (10, payload):
                return messages
            assert opcode in (1, 9), (opcode, heard)  # a second pong would be a mistake
            if opcode == 1:
                messages.append(json.loads(heard))
            else:
                self._send(10, heard)

    def hear(self):
        """The next message."""
        while True:
            opcode, payload = self._hear_frame()
            if opcode == 1:
                return json.loads(payload)
            if opcode == 8:
                raise Gone
            if opcode == 9:
                self._send(10, payload)

    def _hear_frame(self):
        while True:
            if len(self._buffer) >= 2:
                length, start = self._buffer[1], 2
                if length == 126 and len(self._buffer) >= 4:
                    length, start = struct.unpack_from(">H", self._buffer, 2)[0], 4
                if length != 126 or start == 4:
                    if len(self._buffer) >= start + length:
                        opcode, payload = self._buffer[0] & 15, self._buffer[start:start + length]
                        self._buffer = self._buffer[start + length:]
                        return opcode, payload
            self._read()

    def ask(self, kind, /, **fields):
        """Says something, and returns what is answered."""
        self.say(kind, **fields)
        return self.hear()

    def create(self, uses=1, lifetime=3600):
        return self.ask("create", version=1, lifetime=lifetime, uses=uses, ceiling="control")

    def close(self):
        self.socket.close()
