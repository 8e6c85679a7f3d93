#!/usr/bin/env python3
"""The lab: `python3 Tests/Lab/lab.py up`. Everything is in the package `lab` beside this file."""

import sys

from lab.cli import main

if __name__ == "__main__":
    sys.exit(main())
