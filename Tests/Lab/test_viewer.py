"""The helper's window: a page that only its own browser can talk to, shown by a real one."""

import base64

import pytest
from lab import Home, picture
from scenarios import Assistance, inside, require
from scenarios.assistance import screenshots
from scenarios.chromium import Chromium
from scenarios.viewer import PageAddress, Viewer, open_socket
from websockets.exceptions import ConnectionClosed, InvalidHandshake

OPEN = Home(nat="none")


def test_the_socket_answers_nobody_but_its_own_page():
    require("Xvfb")
    with Assistance(OPEN, OPEN) as session:
        session.connect(viewer=True)
        page, host = PageAddress(session.page_address), session.lab.helper
        for origin, named in [
            ("http://evil.example", None), (f"https://{page.host}", None), ("null", None),
            (f"http://127.0.0.1:{page.port + 1}", None), ("http://evil.example", f"evil.example:{page.port}"),
            (f"http://evil.example:{page.port}", f"evil.example:{page.port}"),
        ]:
            with pytest.raises(InvalidHandshake):
                open_socket(host, page, origin=origin, named=named)
        for first in ('{"type":"hello","token":"wrong"}', '{"type":"hello"}', '{"type":"stop"}', "not JSON",
                      f'{{"type":"hello","token":"{page.token[:-1]}"}}'):
            with open_socket(host, page) as socket, pytest.raises(ConnectionClosed):
                socket.send(first)
                socket.recv(10)
        # None of that has hurt: the real page is still welcome, and the session goes on.
        with Viewer(host, page.text) as viewer:
            viewer.wait_for("state", connected=True)
            assert viewer.updates[0]["sharer"] == "Sharon"
            session.stop_in_order()


def test_the_page_itself_is_served_to_its_own_name_only():
    require("Xvfb")
    with Assistance(OPEN, OPEN) as session:
        session.connect(viewer=True)
        page, host = PageAddress(session.page_address), session.lab.helper
        assert fetch(host, page, page.host).startswith(b"HTTP/1.1 200")
        assert b"HTTP/1.1 404" in fetch(host, page, f"evil.example:{page.port}")
        assert b"HTTP/1.1 404" in fetch(host, page, page.host, "/../../etc/passwd")
        assert page.token.encode() not in fetch(host, page, page.host)
        with pytest.raises(OSError):
            inside.connect(host, host.address, page.port)  # loopback only
        session.stop_in_order()


def test_chromium_shows_the_screen_asks_for_control_and_chats(tmp_path, record_property):
    require("Xvfb", "xterm", "xclock", "xlogo", "xeyes", "xsetroot", "xdotool", "import", "chromium")
    with Assistance(OPEN, OPEN) as session:
        session.desktop.furnish()
        session.connect(viewer=True)
        host = session.lab.helper
        with Chromium(lambda words: host.popen(words), lambda *to: inside.connect(host, *to),
                      tmp_path / "profile", address=session.page_address) as browser:
            browser.wait_for("document.querySelector('h1')?.textContent === 'Helping Sharon'", "the page knows the sharer")
            assert browser.evaluate("document.getElementById('screen').hidden")
            session.consent_to_view()
            browser.wait_for("!document.getElementById('screen').hidden", "the page shows the screen")
            shown = tmp_path / "canvas.png"
            data = browser.evaluate("document.getElementById('screen').toDataURL('image/png')")
            shown.write_bytes(base64.b64decode(data.split(",", 1)[1]))
            assert picture.size(shown) == session.desktop.size
            alike = picture.ssim(shown, session.desktop.capture())
            record_property("SSIM in Chromium", f"{alike:.4f}")
            assert alike >= 0.95

            session.sharer.send("say Hello from Sharon")
            browser.wait_for("document.getElementById('lines').textContent.includes('Hello from Sharon')", "chat arrives")
            browser.click("#text")
            browser.type("Hello from Helge")
            browser.press_enter()
            session.sharer.wait_for_event("chat", where=lambda event: event["text"] == "Hello from Helge")
            browser.screenshot(screenshots("viewer") or tmp_path / "viewer.png")

            typed = session.desktop.typewriter()
            browser.click("#control")
            session.sharer.wait_for_event("request", where=lambda event: event["kind"] == "control")
            session.sharer.send("yes")
            browser.wait_for("document.getElementById('screen').classList.contains('steering')", "the page may steer")
            session.helper.send("move 200 150")
            browser.press_enter()
            from_browser(typed)

            browser.click("#stop")
            session.assert_ended(session.helper, "finished", 0)
            session.assert_ended(session.sharer, "finished", 0)
            browser.wait_for("document.getElementById('path').textContent === 'Not connected'", "the page says it is over")
        session.assert_nothing_left()


def from_browser(typed):
    from scenarios.waiting import eventually
    eventually(lambda: typed.read_text() == "\n", "the browser's Return is in the xterm")


def fetch(host, page, name, path="/"):
    with inside.connect(host, "127.0.0.1", page.port) as socket:
        socket.settimeout(10)
        socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while chunk := socket.recv(65536):
            answer += chunk
        return answer
