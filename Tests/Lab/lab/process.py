"""A program running in a lab host, with its log files and its lines."""

import json
import os
import signal
import subprocess
import threading
import time


class TimedOut(AssertionError):
    """What was waited for did not come; the message has what came instead."""


class Process:
    """A started program. Its standard output is kept as lines and written to a log; standard
    error goes to a log of its own. It leads a process group, which is what `stop` ends."""

    def __init__(self, arguments, *, label, log, command, env, cwd):
        self.label = label
        self.arguments = arguments
        self.stdout_log = log.with_suffix(".out")
        self.stderr_log = log.with_suffix(".err")
        self.started = time.monotonic()
        self._lines = []  # (monotonic seconds, text)
        self._changed = threading.Condition()
        self._ended = False
        with open(self.stderr_log, "wb") as errors:
            self._popen = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=env, cwd=cwd,
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._read, name=f"read {label}", daemon=True)
        self._reader.start()

    # What it said

    @property
    def lines(self):
        """All lines of standard output so far."""
        with self._changed:
            return [text for _, text in self._lines]

    @property
    def events(self):
        """The lines that are JSON objects, decoded; each has `_at`, seconds since the start."""
        with self._changed:
            return [event for stamp, text in self._lines if (event := self._decoded(stamp, text)) is not None]

    @property
    def errors(self):
        """What it wrote to standard error so far."""
        return self.stderr_log.read_text(errors="replace")

    def wait_for_line(self, part, timeout=15, after=0):
        """The first line that contains `part`, the first `after` lines left out."""
        return self._wait(lambda stamp, text: text if part in text else None, f"a line with {part!r}", timeout, after)

    def wait_for_event(self, name, timeout=15, where=None, after=0):
        """The first JSON line whose `event` is `name` and for which `where(event)` holds.

        `after` skips that many lines: pass `len(process.lines)` to see only what is still to come."""
        def matching(stamp, text):
            event = self._decoded(stamp, text)
            if event is None or event.get("event") != name or (where and not where(event)):
                return None
            return event
        return self._wait(matching, f"the event {name!r}", timeout, after)

    def follow(self):
        """Each line as it comes, from the first one until the program ends."""
        index = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: index < len(self._lines) or self._ended)
                if index == len(self._lines):
                    return
                new = [text for _, text in self._lines[index:]]
            index += len(new)
            yield from new

    # What it is told

    def send(self, line):
        """Writes one line to its standard input."""
        try:
            self._popen.stdin.write(line.encode() + b"\n")
            self._popen.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise AssertionError(f"{self!r} takes no input any more: cannot send {line!r}") from error

    def close_input(self):
        try:
            self._popen.stdin.close()
        except BrokenPipeError:
            pass

    def signal(self, number):
        """Sends a signal to the process alone."""
        self._popen.send_signal(number)

    # Its end

    @property
    def pid(self):
        return self._popen.pid

    @property
    def exit_code(self):
        """None while it runs; negative when a signal ended it."""
        return self._popen.poll()

    def wait(self, timeout=15):
        """Waits for its end and returns the exit code."""
        try:
            code = self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimedOut(f"{self!r} did not end within {timeout} s\n{self._tail()}") from None
        self._reader.join(1)
        return code

    def stop(self, grace=3):
        """Ends the process group: SIGTERM, and SIGKILL after `grace` seconds. Returns the exit code.

        SIGINT for `ra-relay`, which at SIGTERM would wait for its clients."""
        is_relay = os.path.basename(str(self.arguments[0])) == "ra-relay"
        for number, patience in ((signal.SIGINT if is_relay else signal.SIGTERM, grace), (signal.SIGKILL, 5)):
            self._signal_group(number)
            try:
                self._popen.wait(patience)
                break
            except subprocess.TimeoutExpired:
                continue
        self._signal_group(signal.SIGKILL)  # children that outlived their parent
        self.close_input()
        self._reader.join(1)
        return self._popen.returncode

    def kill(self):
        """Ends the process group at once, as a crash would."""
        self._signal_group(signal.SIGKILL)
        return self.wait(5)

    def _signal_group(self, number):
        try:
            os.killpg(self._popen.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    # Behind the doors

    def _read(self):
        with open(self.stdout_log, "wb") as log:
            for raw in self._popen.stdout:
                log.write(raw)
                log.flush()
                with self._changed:
                    self._lines.append((time.monotonic() - self.started, raw.decode(errors="replace").rstrip("\r\n")))
                    self._changed.notify_all()
        self._popen.stdout.close()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @staticmethod
    def _decoded(stamp, text):
        if not text.startswith("{"):
            return None
        try:
            event = json.loads(text)
        except ValueError:
            return None
        return {**event, "_at": round(stamp, 3)}

    def _wait(self, matching, wanted, timeout, index):
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                while index < len(self._lines):
                    found = matching(*self._lines[index])
                    index += 1
                    if found is not None:
                        return found
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    break
                self._changed.wait(left)
        why = "ended without" if self._ended else f"did not say within {timeout} s"
        raise TimedOut(f"{self!r} {why}: {wanted}\n{self._tail()}")

    def _tail(self, count=15):
        said = "\n".join(f"  out| {line}" for line in self.lines[-count:])
        complained = "\n".join(f"  err| {line}" for line in self.errors.splitlines()[-count:])
        return f"{said}\n{complained}".strip("\n")

    def __repr__(self):
        code = self._popen.poll()
        state = f"running as {self._popen.pid}" if code is None else f"ended with {code}"
        return f"<Process {self.label}: {' '.join(self.arguments)}, {state}>"
