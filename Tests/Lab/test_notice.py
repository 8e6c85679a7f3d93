"""Whoever shares sees that it is so, and takes it back with a key or a button; the helper's own keys and clicks do not."""

import pathlib
import sys

import PIL.Image

from lab import Home
from scenarios import Assistance, require
from scenarios.waiting import eventually

OPEN = Home(nat="none")
SEES = "Helge sees your screen"
CONTROLS = "Helge sees your screen and can use mouse and keyboard"
PAUSED = "Paused: Helge sees nothing new"


def test_the_notice_is_in_the_first_picture_says_what_is_allowed_and_ends_with_the_session(tmp_path):
    require("Xvfb", "xdotool", "import")
    with Assistance(OPEN, OPEN) as session:
        snapshot = tmp_path / "snapshot.png"
        session.connect("--snapshot", snapshot)
        assert not windows(session)
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        buttons = session.desktop.notice(SEES)
        with PIL.Image.open(snapshot) as picture:
            # The notice's background, as well as a lossy picture keeps it.
            x, y = buttons[0]
            assert all(abs(one - other) < 24 for one, other in zip(picture.convert("RGB").getpixel((x, 2)), (0x2E, 0x34, 0x36)))
        session.consent_to_control()
        assert len(session.desktop.notice(CONTROLS)) == 3
        session.sharer.send("pause")
        assert len(session.desktop.notice(PAUSED)) == 3
        session.sharer.send("resume")
        session.desktop.notice(CONTROLS)
        session.sharer.send("revoke control")
        assert len(session.desktop.notice(SEES)) == 2
        session.stop_in_order()
        assert not windows(session)


def test_a_killed_program_leaves_no_notice():
    require("Xvfb", "xdotool", "import")
    with Assistance(OPEN, OPEN) as session:
        session.connect()
        session.consent_to_view()
        session.desktop.notice(SEES)
        session.sharer.kill()
        eventually(lambda: not windows(session), "the notice is gone")


def test_the_sharers_esc_takes_control_back_and_the_helpers_is_a_key_like_others():
    require("Xvfb", "Xephyr", "xterm", "xdotool")
    with Assistance() as session:
        person = session.desktop.seat()
        typed = session.desktop.typewriter()
        session.connect()
        session.consent_to_view()
        session.consent_to_control()
        session.helper.send("move 200 150")
        session.helper.send("key Escape")
        session.helper.send("type a")
        eventually(lambda: typed.read_bytes() == b"\x1ba", "the helper's keys are in the file")

        person.presses("Escape")
        for side in (session.sharer, session.helper):
            revoked = side.wait_for_event("revoked")
            assert (revoked["kind"], revoked["by"]) == ("control", "sharer")
        eventually(lambda: typed.read_bytes() == b"\x1ba\x1b", "the program has got the person's key as well")
        before = len(session.helper.errors)
        session.helper.send("type b")
        eventually(lambda: "Control has not been granted" in session.helper.errors[before:], "the helper cannot type")
        session.desktop.notice(SEES)

        # Without control it is a key like others at this side, too.
        person.presses("Escape")
        eventually(lambda: typed.read_bytes() == b"\x1ba\x1b\x1b", "the key has come")
        session.stop_in_order()
        assert [event["kind"] for event in session.sharer.events if event["event"] == "revoked"] == ["control"]


def test_buttons_are_pressed_by_who_sits_there_and_by_nobody_else():
    require("Xvfb", "Xephyr", "xdotool", "import")
    with Assistance(OPEN, OPEN) as session:
        person = session.desktop.seat()
        session.connect()
        session.consent_to_view()
        session.consent_to_control()
        for x, y in session.desktop.notice(CONTROLS):
            session.helper.send(f"click {x} {y}")
            session.desktop.wait_for_pointer(x, y)
        session.desktop.notice(CONTROLS)

        back, pause, _ = session.desktop.notice(CONTROLS)
        person.clicks(*pause)
        session.helper.wait_for_event("paused")
        _, resume, _ = session.desktop.notice(PAUSED)
        person.clicks(*resume)
        session.helper.wait_for_event("resumed")
        session.desktop.notice(CONTROLS)
        person.clicks(*back)
        session.helper.wait_for_event("revoked", where=lambda event: event["kind"] == "control" and event["by"] == "sharer")
        person.clicks(*session.desktop.notice(SEES)[-1])
        session.assert_ended(session.sharer, "finished", 0)
        session.assert_ended(session.helper, "finished", 0)
        told = [event["event"] for event in session.sharer.events if event["event"] in ("paused", "resumed", "revoked")]
        assert told == ["paused", "resumed", "revoked"]
        session.assert_nothing_left()


def test_a_notice_whose_connection_is_killed_comes_back():
    require("Xvfb", "xdotool", "xkill", "xprop", "import")
    with Assistance(OPEN, OPEN) as session:
        session.connect()
        session.consent_to_view()
        session.desktop.notice(SEES)
        window = windows(session).strip()
        witness = session.lab.sharer.popen(["xprop", "-spy", "-id", window])
        witness.wait_for_line("sees your screen")
        session.lab.sharer.run(["xkill", "-id", window])
        witness.wait()  # which it does not do while the window is there
        session.desktop.notice(SEES)
        session.stop_in_order()


def test_a_desktop_that_cannot_tell_people_apart_says_so_once():
    require("Xvfb", "xdotool", "import")
    with Assistance(OPEN, OPEN) as session:
        host = session.lab.sharer
        script = pathlib.Path(__file__).parent / "scenarios" / "old_display.py"
        host.popen([sys.executable, script, 77, f"/tmp/.X11-unix/X{host.display[1:]}"]).wait_for_line("ready")
        session.share("--display", "127.0.0.1:77", json=False)
        code = session.sharer.wait_for_line("this code:").split()[-1]
        session.join(code)
        session.sharer.wait_for_line("asks to see your screen")
        session.sharer.send("yes")
        session.helper.wait_for_event("first-frame")
        assert session.desktop.notice(SEES) == []
        for _ in range(2):
            asked, after = len(session.sharer.lines), len(session.helper.lines)
            session.helper.send("request control")
            session.sharer.wait_for_line("asks to use your mouse and keyboard", after=asked)
            session.sharer.send("yes")
            session.helper.wait_for_event("granted", where=lambda event: event["kind"] == "control", after=after)
            session.sharer.send("revoke control")
            session.helper.wait_for_event("revoked", after=after)
        session.helper.send("stop")
        assert session.sharer.wait() == 0
        assert session.sharer.errors.count("Esc does not") == 1


def windows(session):
    return session.lab.sharer.run(
        ["xdotool", "search", "--onlyvisible", "--name", "sees your screen"], check=False).stdout
