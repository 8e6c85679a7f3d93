"""Holds every frame between two interfaces for a while: `slow_line.py NEAR FAR SECONDS`. There is no netem in this kernel.

Frames keep their order. What a line holds is bounded by what it may carry meanwhile: 4,096 frames each way, the rest is lost.
"""

import collections
import contextlib
import os
import select
import socket
import sys
import time

LIMIT = 4096
#: linux/if_packet.h and linux/if_ether.h, which `socket` does not name.
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC, ETH_P_ALL = 263, 1, 1, 3


def opened(interface):
    """Every frame on an interface, whomever it is for."""
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    raw.bind((interface, ETH_P_ALL))
    index = socket.if_nametoindex(interface)
    membership = index.to_bytes(4, sys.byteorder) + PACKET_MR_PROMISC.to_bytes(2, sys.byteorder) + bytes(10)
    raw.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
    raw.setblocking(False)
    return raw


def main():
    near, far, delay = opened(sys.argv[1]), opened(sys.argv[2]), float(sys.argv[3])
    # A late frame would be a slower line than was asked for.
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    print("ready", flush=True)
    ways = {near: (far, collections.deque()), far: (near, collections.deque())}
    while True:
        due = min((queue[0][0] for _, queue in ways.values() if queue), default=None)
        patience = None if due is None else max(0, due - time.monotonic())
        for raw in select.select(list(ways), [], [], patience)[0]:
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame, (_, _, kind, *_) = raw.recvfrom(65536)
                    queue = ways[raw][1]
                    if kind != socket.PACKET_OUTGOING and len(queue) < LIMIT:
                        queue.append((time.monotonic() + delay, frame))
        now = time.monotonic()
        for other, queue in ways.values():
            while queue and queue[0][0] <= now:
                with contextlib.suppress(OSError):  # the other end has gone, or takes no more: lost, as on any line
                    other.send(queue.popleft()[1])


if __name__ == "__main__":
    main()
