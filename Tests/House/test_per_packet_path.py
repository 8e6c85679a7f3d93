"""The per-packet path of the relay's data plane, as machine code: it allocates nothing, counts no references, asks no lock."""

import pathlib
import re
import subprocess

import pytest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / ".build" / "release" / "ra-relay"

#: What every packet passes through, as Swift writes the names of these functions in a binary. Each must be there.
ROOTS = {
    "Forwarder.receive": r"\$s12RelayService9ForwarderV7receive4from",
    "Forwarder.forwardFromClients": r"\$s12RelayService9ForwarderV18forwardFromClients",
    "Forwarder.forwardFromPeers": r"\$s12RelayService9ForwarderV16forwardFromPeers",
    "ReceiveRing.receive": r"\$s12RelayService11ReceiveRingV7receive4from",
    "Forwarder.recycle": r"\$s12RelayService9ForwarderV7recycle2at",
    "StreamBatch.begin": r"\$s12RelayService11StreamBatchV5begin",
    "SendBatch.begin": r"\$s12RelayService9SendBatchV5begin",
    "SendBatch.send": r"\$s12RelayService9SendBatchV4send",
    "TrafficMeters.admits": r"\$s5Relay13TrafficMetersC6admits",
    "ForwardingTable.route(fromClient:)": r"\$s5Relay15ForwardingTableV5route10fromClient",
    "ForwardingTable.route(fromPeer:)": r"\$s5Relay15ForwardingTableV5route8fromPeer",
}
#: How the names of our own functions begin; what has another name is the runtime's, the C library's or the kernel's.
OURS = re.compile(r"\$s(12RelayService|5Relay|4TURN|13NetPrimitives)|ra_")
#: What they may call outside of themselves: the kernel, the clock, and what moves memory.
ALLOWED = {
    "recvmmsg", "sendmmsg", "sendmsg", "sendto", "memcpy", "memmove", "memset", "bcmp", "memcmp", "__cmsg_nxthdr", "__errno_location",
    "clock_gettime", "__stack_chk_fail",
}


@pytest.fixture(scope="module")
def calls():
    """Every function of ours, and what it calls: names, or the text of a call that names nothing."""
    listing = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", PROGRAM], check=True, capture_output=True, text=True).stdout
    found, current = {}, None
    for line in listing.splitlines():
        if begin := re.match(r"^[0-9a-f]+ <(.+)>:$", line):
            current = found.setdefault(begin.group(1), set())
        elif current is not None and (call := re.search(r"\t(?:call|jmp)q?\s+(.+)$", line)):
            target = re.search(r"<([^>]+)>", call.group(1))
            if "*" in call.group(1):
                # A jump through a table is a switch; a call through a register is a closure, a witness or a class.
                if "call" in line:
                    current.add(call.group(1))
            elif target and "+0x" not in target.group(1):
                current.add(target.group(1))
    return found


def reached(calls, root):
    """All functions that a root may get to through ours, and for each a way there."""
    ways, waiting = {root: [root]}, [root]
    while waiting:
        name = waiting.pop()
        for callee in calls[name]:
            if callee not in ways:
                ways[callee] = ways[name] + [callee]
                if callee in calls and OURS.match(callee):
                    waiting.append(callee)
    return ways


def foreign(calls, root):
    """What a root calls that is not ours, by its bare name, with a way there."""
    return {
        callee.removesuffix("@plt"): way for callee, way in reached(calls, root).items()
        if not (callee in calls and OURS.match(callee))}


@pytest.mark.parametrize("function", ROOTS)
def test_nothing_is_allocated_or_retained_for_a_packet(calls, function):
    names = [name for name in calls if re.match(ROOTS[function], name)]
    assert names, f"{function} is not in {PROGRAM.name}: has it another name now, or become a part of its caller?"
    for name in names:
        for callee, way in foreign(calls, name).items():
            assert callee in ALLOWED or re.fullmatch(r"\$s5Glibc5errno.*", callee), " -> ".join(way)


def test_the_check_sees_what_it_looks_for(calls):
    """The same walk finds the system calls where they are, and over a function that does allocate it finds that."""
    for function, call in (("SendBatch.send", "sendmmsg"), ("ReceiveRing.receive", "recvmmsg")):
        assert any(call in foreign(calls, name) for name in calls if re.match(ROOTS[function], name))
    names = [name for name in calls if re.match(r"\$s5Relay15ForwardingTableV3set", name)]
    assert names
    assert any("swift_slowAlloc" in foreign(calls, name) for name in names)
