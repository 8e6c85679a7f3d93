"""What a server's memory is, in bytes: the process's own, and the kernel's for sockets."""

import pathlib

#: The kernel's caches that a UDP socket, its file and its place in epoll come from.
SOCKETS = ("UDP", "UDPv6", "sock_inode_cache", "filp", "eventpoll_epi", "eventpoll_pwq")


def of_process(pid):
    """Resident, proportional (shared pages are divided) and private-dirty bytes."""
    fields = {"Rss": 0, "Pss": 0, "Private_Dirty": 0}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in fields:
            fields[name] = int(rest.split()[0]) * 1024
    return fields


def of_sockets():
    """The whole machine's: nobody else should make sockets meanwhile. 0 when the kernel does not say."""
    try:
        lines = pathlib.Path("/proc/slabinfo").read_text().splitlines()[2:]
    except OSError:
        return 0
    used = {words[0]: int(words[1]) * int(words[3]) for words in map(str.split, lines)}
    return sum(used.get(name, 0) for name in SOCKETS)


def open_files(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))
