"""Sockets of a lab host in this process: a thread that enters the host's namespace makes them."""

import concurrent.futures
import ctypes
import os
import socket

_CLONE_NEWNET = 0x40000000  # sched.h


def connect(host, address, port, timeout=10):
    """A TCP connection from `host` to an address as that host sees it, 127.0.0.1 included."""
    made = _on(host, socket.create_connection, (address, port), timeout)
    made.settimeout(None)
    return made


def listen(host, address, port):
    """A TCP listener on `host`."""
    return _on(host, socket.create_server, (address, port))


def make_socket(host, family, kind, protocol=0):
    """A socket of `host`, not bound yet."""
    return _on(host, socket.socket, family, kind, protocol)


def _on(host, make, *arguments):
    # A namespace belongs to a thread; this one ends with the socket made, which stays where it was made.
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(_enter_and_make, host.name, make, arguments).result()


def _enter_and_make(namespace, make, arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{namespace}") as there:
        if libc.setns(there.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return make(*arguments)
