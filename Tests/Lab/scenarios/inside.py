"""Sockets of a lab host in this process: a thread that enters the host's namespace makes them."""

import concurrent.futures
import ctypes
import os
import socket

_CLONE_NEWNET = 0x40000000  # sched.h


def connect(host, address, port, timeout=10):
    """A TCP connection from `host` to an address as that host sees it, 127.0.0.1 included."""
    # A namespace belongs to a thread; this one ends with the socket made, which stays where it was made.
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(_connect, host.name, address, port, timeout).result()


def _connect(namespace, address, port, timeout):
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{namespace}") as there:
        if libc.setns(there.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    made = socket.create_connection((address, port), timeout)
    made.settimeout(None)
    return made
