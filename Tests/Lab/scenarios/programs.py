"""Where our programs are, and what else a test needs on this machine."""

import os
import pathlib
import shutil

import pytest
from lab import why_not_here
from lab.commands import SEARCH_PATH

_CHECKOUT = pathlib.Path(__file__).parents[3]
_BIN = pathlib.Path(os.environ.get("RA_BIN", _CHECKOUT / ".build" / "release")).absolute()

RA_RELAY = _BIN / "ra-relay"
RA_CONNECT = _BIN / "ra-connect"
RA_PROBE = _BIN / "ra-probe"
#: Our ICE agent without `ra-connect`: Tests/Interop/IceAgent.
ICE_AGENT = _BIN / "IceAgent"


def require(*programs, lab=True):
    """Skips the test when this machine lacks one of the programs, or, with `lab`, cannot make one."""
    reason = why_not_here() if lab else None
    missing = [str(program) for program in programs if not shutil.which(program, path=SEARCH_PATH)]
    if missing:
        reason = "not installed: " + ", ".join(missing)
    if reason:
        pytest.skip(reason)
    for built in (RA_RELAY, RA_CONNECT, RA_PROBE):
        assert built.exists(), f"{built} is not built; build it, or set RA_BIN"
