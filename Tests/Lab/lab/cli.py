"""The lab as a command: `up` to play in it, `check` to prove that it behaves as it says."""

import argparse
import os
import signal
import subprocess
import sys

from .commands import LabError, why_not_here
from .home import Home
from .miniupnpd import MAPPING_MODES
from .nat import NAT_KINDS
from .scenario import Lab


def main(arguments=None):
    options = _parser().parse_args(arguments)
    reason = why_not_here()
    if reason:
        print(f"lab: {reason}", file=sys.stderr)
        return 2
    try:
        return options.run(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser():
    parser = argparse.ArgumentParser(
        prog="lab.py", description="A small internet with real home routers, made of network namespaces.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="NAT kinds:\n" + _table(NAT_KINDS) + "\n\nmapping modes:\n" + _table(MAPPING_MODES))
    verbs = parser.add_subparsers(required=True, metavar="up|check")
    up = verbs.add_parser("up", help="make the lab and run a shell, or COMMAND, in it")
    for side in ("sharer", "helper"):
        up.add_argument(f"--{side}", choices=NAT_KINDS, default="plain", metavar="NAT", help=f"the {side}'s NAT")
        up.add_argument(f"--{side}-upnp", choices=MAPPING_MODES, default="none", metavar="MODE",
                        help=f"what the {side}'s router maps on request")
        up.add_argument(f"--{side}-ipv6-only", action="store_true", help=f"give the {side} no IPv4 address")
        up.add_argument(f"--{side}-loss", type=int, default=0, metavar="PERCENT")
    up.add_argument("--ipv6", action="store_true", help="give everybody IPv6 addresses too")
    up.add_argument("--logs", metavar="DIR", help="keep the logs there")
    up.add_argument("--on", default="sharer", metavar="HOST", help="the host to run in (default: sharer)")
    up.add_argument("command", nargs="*", metavar="COMMAND", help="after --; default: a shell")
    up.set_defaults(run=_up)
    check = verbs.add_parser("check", help="verify that every kind of NAT behaves as named")
    check.set_defaults(run=_check)
    return parser


def _up(options):
    homes = [Home(getattr(options, side), getattr(options, f"{side}_upnp"), getattr(options, f"{side}_loss"))
             for side in ("sharer", "helper")]
    ipv4 = ["relay", *(side for side in ("sharer", "helper") if not getattr(options, f"{side}_ipv6_only"))]
    with Lab(*homes, ipv6=options.ipv6 or len(ipv4) < 3, ipv4=ipv4, directory=options.logs) as lab:
        if options.on not in lab.hosts:
            raise LabError(f"no such host: {options.on} (there are {', '.join(lab.hosts)})")
        host = lab.hosts[options.on]
        print(lab.describe(), file=sys.stderr)
        print(f"on any of them: ip netns exec {lab.prefix}-NAME COMMAND", file=sys.stderr, flush=True)
        return _foreground(host, options.command or ["bash", "--norc", "-i"])


def _foreground(host, command):
    """Runs a command on our own terminal. Ctrl-C is the command's to answer while it runs."""
    environment = {**host.environment(), "TERM": os.environ.get("TERM", "dumb"), "PS1": f"[{host.label}] \\w# "}
    for name in ("XDG_CACHE_HOME", "XAUTHORITY"):
        environment.pop(name, None)
    child = subprocess.Popen(["ip", "netns", "exec", host.name, *command], env=environment)
    try:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)


def _check(options):
    from .check import check_everything
    return 0 if check_everything() else 1


def _table(rows):
    return "\n".join(f"  {name:12} {meaning}" for name, meaning in rows.items())
