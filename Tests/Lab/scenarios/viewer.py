"""A stand-in for the viewer's page: speaks its WebSocket as the page does."""

import contextlib
import json
import threading
import time
import urllib.parse

from lab import TimedOut
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from . import inside


class PageAddress:
    """`http://127.0.0.1:PORT/#TOKEN` in its parts."""

    def __init__(self, text):
        self.text = text
        parts = urllib.parse.urlsplit(text)
        self.port = parts.port
        self.token = parts.fragment.split("=")[-1]

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"


def open_socket(host, page, *, origin=None, named=None):
    """The page's WebSocket, to be used with `with`; nothing has been said. `named` stands in the Host header."""
    return connect(f"ws://{named or page.host}/socket", sock=inside.connect(host, "127.0.0.1", page.port),
                   origin=origin or f"http://{page.host}", proxy=None, max_size=None, compression=None)


class Viewer:
    """Reads everything that the page would get; counts frames."""

    def __init__(self, host, address):
        page = PageAddress(address)
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(open_socket(host, page))
        self._changed = threading.Condition()
        self.frames = []  # monotonic seconds
        self.updates = []
        self.closed = False
        self.send(type="hello", token=page.token)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send(self, **message):
        self._socket.send(json.dumps(message))

    def wait_for(self, what, timeout=15, **fields):
        """The first update of this type with these fields."""
        def find():
            return next((update for update in self.updates
                         if update["type"] == what and fields.items() <= update.items()), None)
        return self._wait(find, f"{what} {fields}", timeout)

    def wait_for_frames(self, more=1, timeout=15):
        """Waits until so many frames more than now have come."""
        goal = len(self.frames) + more
        self._wait(lambda: len(self.frames) >= goal, f"{more} frames", timeout)

    def forget(self):
        """What was said until now is not found any more."""
        with self._changed:
            self.updates.clear()

    def close(self):
        self._open.close()
        self._thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _read(self):
        with contextlib.suppress(ConnectionClosed):
            for message in self._socket:
                with self._changed:
                    if isinstance(message, bytes):
                        self.frames.append(time.monotonic())
                    else:
                        self.updates.append(json.loads(message))
                    self._changed.notify_all()
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def _wait(self, condition, wanted, timeout):
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (found := condition()):
                left = deadline - time.monotonic()
                if left <= 0 or self.closed:
                    raise TimedOut(f"the viewer did not get {wanted}; closed: {self.closed}; "
                                   f"{len(self.frames)} frames; last: {self.updates[-3:]}")
                self._changed.wait(left)
            return found
