"""A relay of its own for the rendezvous' load, and what is read of it: memory, CPU time by thread, and what it counts itself."""

import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time

from bench import processes

BUILD = pathlib.Path(__file__).resolve().parents[2] / ".build" / "release"
RELAY = pathlib.Path(os.environ.get("RA_BIN", BUILD)) / "ra-relay"
LOAD = pathlib.Path(os.environ.get("RA_BENCH_LOAD", BUILD)) / "RendezvousLoad"

#: Issue 6, on 2 cores that relay and load share: milliseconds, KB of memory for each who waits.
P99, KB = 50, 20
#: A relay whose files are few keeps half of them for TCP; of allocations it needs few here.
SETTINGS = "quota-total = 2000\n"
#: Those that come first load what the others have already.
FIRST = 200


def measure(present, contacts, rate, duration, warm_up):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        folder.chmod(0o700)
        (folder / "relay.toml").write_text(SETTINGS)
        port = free_port()
        relay = subprocess.Popen(
            [RELAY, "serve", "--config", folder / "relay.toml", "--listen", "127.0.0.1", "--port", str(port), "--also-listen", "",
             "--state", folder / "state"], stdout=subprocess.PIPE, stderr=(folder / "log").open("w"), text=True,
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no"}, preexec_fn=prefer)
        try:
            if not relay.stdout.readline().startswith("ra-relay ready"):
                raise SystemExit((folder / "log").read_text())
            with_few = waiting(relay, port, min(FIRST, present), min(FIRST, contacts))
            return {"asked": {"present": present, "contacts": contacts, "rate": rate, "seconds": duration},
                    **loaded(relay, port, present, contacts, rate, duration, warm_up, with_few)}
        finally:
            relay.terminate()
            try:
                relay.wait(10)
            except subprocess.TimeoutExpired:
                relay.kill()
                relay.wait()


def prefer():
    """Both cores, before whoever else works there; relay and load are alike."""
    processes.prefer(*os.sched_getaffinity(0))


class Load:
    """The load program, once all of its people wait."""

    def __init__(self, port, *options):
        self.process = subprocess.Popen(
            [LOAD, "--port", str(port), *map(str, options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=prefer)
        if not self.process.stdout.readline():
            raise SystemExit("bench-rendezvous: not everybody could wait; the relay's log may say why")

    def meet(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("bench-rendezvous: the load has ended before its time")
        return json.loads(line)

    def end(self):
        self.process.stdin.close()
        self.process.wait(30)


def waiting(relay, port, count, contacts):
    """The relay's memory while so many wait, who leave then."""
    load = Load(port, "--present", count, "--contacts", contacts)
    time.sleep(1)
    found = memory(relay)
    load.end()
    return count + contacts, found


def loaded(relay, port, present, contacts, rate, duration, warm_up, with_few):
    began = time.monotonic()
    load = Load(port, "--present", present, "--contacts", contacts, "--rate", rate, "--duration", duration, "--warm-up", warm_up)
    gathered = time.monotonic() - began
    time.sleep(2)
    with_all = memory(relay)
    idle = cpu(relay)
    time.sleep(2)
    idle = {name: (seconds - idle.get(name, 0)) / 2 for name, seconds in cpu(relay).items()}
    before, own_before, began = cpu(relay), cpu(load.process), time.monotonic()
    found = load.meet()
    seconds = time.monotonic() - began
    after, own_after = cpu(relay), cpu(load.process)
    load.end()
    few, few_memory = with_few
    everybody = present + contacts
    return {
        "gathered_per_second": everybody / gathered,
        "memory_per_client_kb": (with_all - few_memory) / (everybody - few) if everybody > few else None,
        "memory_kb": with_all,
        "idle_cores": sum(idle.values()),
        "relay_cores": {name: round((value - before.get(name, 0)) / seconds, 3) for name, value in sorted(after.items())},
        "load_cores": round((sum(own_after.values()) - sum(own_before.values())) / seconds, 3), **found}


def memory(process):
    """KB of memory that are the process's own share."""
    return int(re.search(r"^Pss:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text(), re.M)[1])


def cpu(process):
    """Seconds of each thread, by name and number."""
    found = {}
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        try:
            name, spent = (task / "comm").read_text().strip(), int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            continue
        found[f"{name} {task.name}"] = spent / 1e9
    return found


def tell(measured):
    """Prints the table; which targets were missed."""
    asked, message = measured["asked"], measured["message"]
    relay = sum(measured["relay_cores"].values())
    print(f"present              {asked['present'] + asked['contacts']:>10,}   {asked['contacts']:,} of them for contacts; gathered at {measured['gathered_per_second']:,.0f} a second")
    print(f"met per second       {measured['per_second']:>10,.1f}   of {asked['rate']:,.0f} begun; failures: {measured['failures'] or 'none'}")
    for name, what in (("message", "a payload's way"), ("met_after", "`meet` to `met`"), ("whole", "a whole meeting")):
        times = measured[name]
        print(f"{what:20} {times['p50_ms']:>10,.2f} ms p50, {times['p99_ms']:,.2f} p99, {times['p999_ms']:,.2f} p99.9, "
              f"{times['longest_ms']:,.0f} at most; {times['count']:,} of them")
    per_client = measured["memory_per_client_kb"]
    print(f"memory per client    {per_client if per_client is None else round(per_client, 1):>10} KB; {measured['memory_kb'] / 1024:,.0f} MB in all")
    print(f"CPU                  {relay:>10.2f} cores of the relay ({measured['idle_cores']:.3f} while all only wait), {measured['load_cores']:.2f} of the load")
    missed = []
    if measured["per_second"] < 0.99 * asked["rate"] or measured["failures"]:
        missed.append(f"met per second: {measured['per_second']:.1f} of {asked['rate']:.0f}")
    if message["p99_ms"] > P99:
        missed.append(f"p99 of a message: {message['p99_ms']} ms, target {P99}")
    if per_client is not None and per_client >= KB:
        missed.append(f"memory per client: {per_client:.1f} KB, target {KB}")
    print("every target is met" if not missed else "missed: " + "; ".join(missed))
    return missed


def free_port():
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(("127.0.0.1", tcp.getsockname()[1]))
        return tcp.getsockname()[1]
