"""A display without XInput, as X servers were before 2009: passes on what goes between clients and another display, and has the
server hear of an extension that it does not have.

    old_display.py NUMBER SOCKET
"""

import socket
import sys
import threading


def forward(source, target, change):
    while data := source.recv(65536):
        target.sendall(change(data))
    target.shutdown(socket.SHUT_WR)


def main(number, path):
    listener = socket.create_server(("127.0.0.1", 6000 + int(number)))
    print("ready", flush=True)
    while True:
        client, _ = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(path)
        # A client's question is one small request, which comes in one piece.
        for pair in ((client, server, lambda data: data.replace(b"XInputExtension", b"NoInputExtensio")),
                     (server, client, lambda data: data)):
            threading.Thread(target=forward, args=pair, daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
