"""A real browser without a window, driven over the DevTools protocol."""

import base64
import contextlib
import itertools
import json
import pathlib
import shutil

from websockets.sync.client import connect

from .waiting import eventually

#: A lab is a root user's; Chromium's own sandbox refuses that one.
_OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--no-default-browser-check", "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--mute-audio", "--no-proxy-server",
            "--window-size=1280,900", "--remote-debugging-port=0"]


class PageError(AssertionError):
    """What the page's script threw."""


class Chromium:
    """One browser with one page.

    `popen(arguments)` starts it somewhere and `dial(address, port)` connects there."""

    def __init__(self, popen, dial, folder, *options, address="about:blank"):
        profile = pathlib.Path(folder)
        self._profile = profile
        self._open = contextlib.ExitStack()
        self._process = popen(["chromium", *_OPTIONS, f"--user-data-dir={profile}", *options, address])
        try:
            self._port = eventually(self._debugging_port, "chromium is up", timeout=30)
            self._dial = dial
            self._ids = itertools.count(1)
            self._socket = self._page_socket()
            self._call("Runtime.enable")
            self._call("Page.enable")
        except BaseException:
            self.close()
            raise

    def go(self, address):
        self._call("Page.navigate", url=address)

    def evaluate(self, script, timeout=20):
        """The value of a script; a promise is waited for."""
        answer = self._call("Runtime.evaluate", timeout=timeout, expression=script, awaitPromise=True,
                            returnByValue=True, userGesture=True)
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"]
            raise PageError(thrown.get("exception", {}).get("description") or thrown["text"])
        return answer["result"].get("value")

    def wait_for(self, script, what, timeout=20):
        """Waits until a script's value is true."""
        return eventually(lambda: self.evaluate(script), what, timeout=timeout, every=0.1)

    def click(self, selector):
        """A click of the mouse in the middle of an element."""
        x, y = self.evaluate(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text):
        self._call("Input.insertText", text=text)

    def press_enter(self):
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13,
                       **({"text": "\r"} if kind == "keyDown" else {}))

    def screenshot(self, file):
        pathlib.Path(file).write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))
        return file

    def close(self):
        self._open.close()
        self._process.stop()
        shutil.rmtree(self._profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _debugging_port(self):
        assert self._process.exit_code is None, f"chromium ended: {self._process.errors[-2000:]}"
        file = self._profile / "DevToolsActivePort"
        lines = file.read_text().split("\n") if file.exists() else []
        if len(lines) < 2:
            return None
        self._path = lines[1].strip()
        return int(lines[0])

    def _page_socket(self):
        """The browser's socket, with a session attached to its one page."""
        socket = self._open.enter_context(
            connect(f"ws://127.0.0.1:{self._port}{self._path}", sock=self._dial("127.0.0.1", self._port),
                    proxy=None, max_size=None, compression=None))
        self._socket, self._session = socket, None
        page = eventually(
            lambda: next((target for target in self._call("Target.getTargets")["targetInfos"]
                          if target["type"] == "page"), None), "chromium has a page")
        self._session = self._call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        return socket

    def _call(self, method, timeout=20, **parameters):
        message = {"id": next(self._ids), "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(timeout))
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise PageError(f"{method}: {answer['error']}")
                return answer["result"]
