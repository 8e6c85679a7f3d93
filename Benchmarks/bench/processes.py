"""Starting what is measured and what measures: on its own core, before everybody else."""

import os
import pathlib
import resource
import signal
import subprocess

#: A process has at most so many files open: allocations are sockets.
FILES = 20_000


def start(namespace, core, arguments, **options):
    """Starts a program in a namespace, bound to a core. Its pid is the program's own: each step before it is an exec."""
    return subprocess.Popen(
        ["ip", "netns", "exec", namespace, *map(str, arguments)], start_new_session=True,
        preexec_fn=lambda: prefer(core), **options)


def prefer(*cores):
    """Cores of its own, and precedence over whatever else runs there; best effort."""
    os.sched_setaffinity(0, cores)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard) if hard > 0 else FILES, hard))
    try:
        pathlib.Path("/proc/self/autogroup").write_text("-20")
    except OSError:
        pass
    try:
        os.nice(-20)
    except OSError:
        pass


def stop(process, number=signal.SIGTERM):
    """Ends a process that `start` made, by its own handle and with a signal of this number."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def softirq_thread(core):
    """The pid of a core's ksoftirqd, which may do part of a server's work; None when it is not seen."""
    for entry in pathlib.Path("/proc").glob("[0-9]*/comm"):
        try:
            if entry.read_text().strip() == f"ksoftirqd/{core}":
                return int(entry.parent.name)
        except OSError:
            pass
    return None


def is_bound(pid, transport, port):
    """Whether somebody in a process's network namespace has a port of `udp`, or listens on one of `tcp`."""
    lines = []
    for table in (transport, f"{transport}6"):
        try:
            lines += pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        except OSError:
            pass
    listening = ("07", "0A")
    return any(words[1].endswith(f":{port:04X}") and words[3] in listening for words in map(str.split, lines))
