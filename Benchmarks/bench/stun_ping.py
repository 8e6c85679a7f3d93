"""What a packet and its answer take: `stun_ping.py PORT HOST:PORT COUNT` prints seconds a line; with a COUNT of 0 it answers.

Each packet is a Binding request (RFC 8489 §5) from local port PORT. A relay answers it as such, and the other side's
`stun_ping.py` sends it back as it came; both keep the transaction ID, by which an answer is known. Two homes behind plain NATs
that run this towards each other, one of them with 0, open their routers for each other.
"""

import os
import select
import socket
import sys
import time

REQUEST = bytes.fromhex("0001 0000 2112a442")
#: Far more than any line of the lab holds a packet for.
PATIENCE = 2.0


def answer(pinger):
    """Sends back what the peer sends; opens our own router for it until the first packet is here."""
    patience = 0.05
    while True:
        if select.select([pinger], [], [], patience)[0]:
            pinger.send(pinger.recv(2048))
            patience = None
        else:
            pinger.send(REQUEST + bytes(12))


def ping(pinger):
    """Seconds until the answer is here, or None."""
    identifier = os.urandom(12)
    begin = time.monotonic()
    pinger.send(REQUEST + identifier)
    while (left := begin + PATIENCE - time.monotonic()) > 0 and select.select([pinger], [], [], left)[0]:
        if pinger.recv(2048)[8:20] == identifier:
            return time.monotonic() - begin
    return None


def main():
    port, (host, peer_port), count = int(sys.argv[1]), sys.argv[2].rsplit(":", 1), int(sys.argv[3])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as pinger:
        pinger.bind(("", port))
        pinger.connect((host, int(peer_port)))
        if not count:
            return answer(pinger)
        print("\n".join(f"{taken:.6f}" for taken in (ping(pinger) for _ in range(count)) if taken is not None))


if __name__ == "__main__":
    main()
