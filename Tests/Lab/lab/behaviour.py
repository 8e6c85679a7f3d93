"""What a NAT does, seen from both sides of it: a small cousin of RFC 5780 for checking the lab.

On the internet:    behaviour.py reflect ADDRESS ADDRESS PORT PORT
Behind the router:  behaviour.py observe ADDRESS ADDRESS PORT PORT     (prints one JSON object)
                    behaviour.py listen udp|tcp PORT                   (prints what arrives)
                    behaviour.py pcp ROUTER OWN-ADDRESS udp|tcp PORT LIFETIME
Anywhere:           behaviour.py knock udp|tcp ADDRESS PORT            (exit 0: it answered)

Run by itself on a host of the lab, so it imports nothing of the lab.
"""

import json
import os
import select
import socket
import struct
import sys

PATIENCE = 0.4  # seconds; in the lab an answer takes less than a millisecond


def main(verb, *rest):
    return {"reflect": reflect, "observe": observe, "listen": listen, "knock": knock, "pcp": pcp}[verb](*rest)


def reflect(first, second, low, high):
    """Answers every datagram with the address that it came from. The datagram names, by index,
    the one of the four sockets that is to answer."""
    sockets = []
    for address in (first, second):
        for port in (low, high):
            sockets.append(udp_socket(address, int(port)))
    print("ready", flush=True)
    while True:
        for ready in select.select(sockets, [], [])[0]:
            asked, source = ready.recvfrom(100)
            answering = sockets[asked[0] % len(sockets)] if asked else ready
            answering.sendto(json.dumps(source).encode(), source)


def observe(first, second, low, high):
    """Mapping and filtering behaviour as RFC 5780 §4.3 and §4.4 find them."""
    targets = [(address, int(port)) for address in (first, second) for port in (low, high)]
    near, same_address, other_address = targets[0], targets[1], targets[2]

    prober = udp_socket()
    local_port = prober.getsockname()[1]
    mapped = {target: ask(prober, target, targets.index(target)) for target in (near, same_address, other_address)}
    if mapped[near] is None:
        print(json.dumps({"mapping": "blocked", "filtering": "blocked", "public": None, "port_kept": False}))
        return 0
    if mapped[near] == mapped[same_address] == mapped[other_address]:
        mapping = "endpoint-independent"
    elif mapped[near] == mapped[same_address]:
        mapping = "address-dependent"
    else:
        mapping = "address-and-port-dependent"

    fresh = udp_socket()  # has spoken to nobody, so the answers below come from strangers
    if ask(fresh, near, targets.index(other_address)):
        filtering = "endpoint-independent"
    elif ask(fresh, near, targets.index(same_address)):
        filtering = "address-dependent"
    else:
        filtering = "address-and-port-dependent"
    print(json.dumps({"mapping": mapping, "filtering": filtering, "public": mapped[near][0],
                      "port_kept": mapped[near][1] == local_port}))
    return 0


def listen(transport, port):
    """Says `ready`, then one line per datagram or connection, and answers each."""
    if transport == "udp":
        server = udp_socket("", int(port))
        print("ready", flush=True)
        while True:
            datagram, source = server.recvfrom(100)
            server.sendto(b"answer", source)
            print(f"from {source[0]}:{source[1]}", flush=True)
    server = socket.create_server(("", int(port)), family=socket.AF_INET6, dualstack_ipv6=True)
    print("ready", flush=True)
    while True:
        connection, source = server.accept()
        with connection:
            connection.sendall(json.dumps(source[:2]).encode())
        print(f"from {source[0]}:{source[1]}", flush=True)


def knock(transport, address, port):
    """Exit 0 when something answers there, 1 when not."""
    try:
        if transport == "udp":
            prober = udp_socket()
            prober.settimeout(PATIENCE)
            prober.sendto(b"knock", (address, int(port)))
            print(prober.recv(100).decode())
        else:
            with socket.create_connection((address, int(port)), PATIENCE) as connection:
                print(connection.recv(100).decode())
    except OSError as error:
        print(error)
        return 1
    return 0


def pcp(router, own_address, transport, port, lifetime):
    """Asks for one mapping (RFC 6887 §11.1) and prints the answer; exit 1 when it is refused or missing."""
    mapped = b"\0" * 10 + b"\xff\xff"  # what comes before the IPv4 address in an IPv4-mapped one
    protocol = {"udp": 17, "tcp": 6}[transport]
    nonce = os.urandom(12)
    request = struct.pack("!BBHI", 2, 1, 0, int(lifetime)) + mapped + socket.inet_aton(own_address)
    request += nonce + struct.pack("!B3xHH", protocol, int(port), int(port)) + mapped + bytes(4)
    prober = udp_socket()
    prober.settimeout(PATIENCE)
    try:
        prober.sendto(request, (router, 5351))
        answer = prober.recv(1100)
    except OSError as error:
        print(error)
        return 1
    if len(answer) < 60 or answer[:2] != b"\x02\x81" or answer[24:36] != nonce:
        print(f"not an answer to this: {answer.hex()}")
        return 1
    external_port, = struct.unpack_from("!H", answer, 42)
    print(json.dumps({"result": answer[3], "lifetime": struct.unpack_from("!I", answer, 4)[0],
                      "external": f"{socket.inet_ntoa(answer[56:60])}:{external_port}"}))
    return 0 if answer[3] == 0 else 1


def ask(prober, target, answering):
    """The address that `target` saw us come from, or None when no answer got back."""
    prober.settimeout(PATIENCE)
    try:
        prober.sendto(bytes([answering]), target)
        return tuple(json.loads(prober.recv(200)))
    except OSError:
        return None


def udp_socket(address="", port=0):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((address, port))
    return made


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
