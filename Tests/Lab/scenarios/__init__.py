"""Our programs at work in the lab: what the end-to-end tests are written with."""

from .assistance import Assistance
from .desktop import Desktop
from .programs import RA_CONNECT, RA_PROBE, RA_RELAY, require
from .terminal import Terminal

__all__ = ["Assistance", "Desktop", "RA_CONNECT", "RA_PROBE", "RA_RELAY", "Terminal", "require"]
