"""A program at a terminal: what a person reads there, and what they type."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import time

from lab import TimedOut


class Terminal:
    """Starts a program of `host` at a terminal of its own, which is its controlling one: Ctrl-C and Ctrl-D do what they do."""

    def __init__(self, host, arguments, *, env=None):
        self.arguments = [str(word) for word in arguments]
        self._text, self._seen, self._ended = "", 0, False
        self._changed = threading.Condition()
        self._primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        # Behind `ip netns exec` the program has the same process.
        command = host._inside(self.arguments)
        try:
            self._popen = subprocess.Popen(
                command, stdin=secondary, stdout=secondary, stderr=secondary, env=host.environment(env), cwd=host.home,
                start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        finally:
            os.close(secondary)
        threading.Thread(target=self._read, daemon=True).start()
        host.processes.append(self)

    @property
    def text(self):
        """All that stands on the screen, what was typed as well."""
        with self._changed:
            return self._text

    def read(self, part, timeout=15):
        """Waits until `part` stands behind what was read before; returns what came up to its end."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while (place := self._text.find(part, self._seen)) < 0:
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise TimedOut(f"{self!r} does not show {part!r}:\n{self._text[-3000:]}")
                self._changed.wait(left)
            before, self._seen = self._seen, place + len(part)
            return self._text[before:self._seen]

    def type(self, line):
        os.write(self._primary, line.encode() + b"\n")

    def press(self, key):
        """A key, such as "\\x03" for Ctrl-C."""
        os.write(self._primary, key.encode())

    def answer(self, question, line):
        """Waits for a question and for the place to type, and types."""
        said = self.read(question) + self.read("\n> ")
        self.type(line)
        return said

    @property
    def exit_code(self):
        return self._popen.poll()

    def wait(self, timeout=15):
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimedOut(f"{self!r} did not end within {timeout} s:\n{self.text[-3000:]}") from None

    def stop(self):
        """Ends it at once."""
        self._popen.kill()
        return self._popen.wait()

    def close_input(self):
        """It has ended: nothing is typed any more."""

    def _read(self):
        while True:
            try:
                data = os.read(self._primary, 65536)
            except OSError:  # the last one who had it open is gone
                data = b""
            with self._changed:
                self._text += data.decode(errors="replace").replace("\r\n", "\n")
                self._ended = not data
                self._changed.notify_all()
            if not data:
                return os.close(self._primary)

    def __repr__(self):
        return f"<Terminal: {' '.join(self.arguments)}>"
