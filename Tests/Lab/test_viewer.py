"""The helper's window: a page that only its own browser can talk to, shown by a real one."""

import base64
import http.client

import pytest
from lab import Home, picture
from scenarios import Assistance, inside, require
from scenarios.assistance import screenshots
from scenarios.chromium import Chromium
from scenarios.viewer import PageAddress, Viewer, open_socket
from scenarios.waiting import eventually
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
        status, body = fetch(host, page, page.host)
        assert status == 200 and page.token.encode() not in body
        assert fetch(host, page, f"evil.example:{page.port}")[0] == 404
        assert fetch(host, page, page.host, "/../../etc/passwd")[0] == 404
        with pytest.raises(OSError):
            inside.connect(host, host.address, page.port)  # loopback only
        session.stop_in_order()


def test_a_page_that_is_opened_again_gets_the_whole_picture():
    require("Xvfb")
    with Assistance(OPEN, OPEN) as session:
        session.connect(viewer=True)
        with Viewer(session.lab.helper, session.page_address) as first:
            session.consent_to_view()
            first.wait_for_frames()
        # Nothing moves on that screen: without asking for it, nothing would come.
        with Viewer(session.lab.helper, session.page_address) as second:
            second.wait_for_frames()
            second.wait_for("size", width=session.desktop.size[0], height=session.desktop.size[1])
        session.stop_in_order()


def test_the_page_types_after_the_second_yes_and_never_before():
    require("Xvfb", "xterm", "xdotool")
    with Assistance(OPEN, OPEN) as session:
        typed = session.desktop.typewriter()
        session.connect(viewer=True)
        with Viewer(session.lab.helper, session.page_address) as viewer:
            viewer.wait_for("state", connected=True)
            strike(viewer, "a")
            session.consent_to_view()
            strike(viewer, "b")
            viewer.send(type="request-control")
            session.sharer.wait_for_event("request", where=lambda event: event["kind"] == "control")
            strike(viewer, "c")
            session.sharer.send("yes")
            viewer.wait_for("state", control="granted")
            strike(viewer, "d")
            eventually(typed.read_text, "something is typed")
            assert typed.read_text() == "d"
            viewer.send(type="stop")
            session.assert_ended(session.helper, "finished", 0)
            session.assert_ended(session.sharer, "finished", 0)


def strike(viewer, letter):
    viewer.send(type="button", x=200, y=150, button=1, down=True)
    viewer.send(type="button", x=200, y=150, button=1, down=False)
    for down in (True, False):
        viewer.send(type="key", keysym=ord(letter), down=down)


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
            session.desktop.wait_for_pointer(200, 150)
            browser.press_enter()
            eventually(lambda: typed.read_text() == "\n", "the browser's Return is in the xterm")

            browser.click("#stop")
            session.assert_ended(session.helper, "finished", 0)
            session.assert_ended(session.sharer, "finished", 0)
            browser.wait_for("document.getElementById('path').textContent === 'Not connected'", "the page says it is over")
        session.assert_nothing_left()


def fetch(host, page, name, path="/"):
    with inside.connect(host, "127.0.0.1", page.port) as socket:
        socket.settimeout(10)
        socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        reply = http.client.HTTPResponse(socket)
        reply.begin()
        return reply.status, reply.read()
