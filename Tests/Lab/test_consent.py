"""Nothing is shown before the first yes, nothing is typed before the second, and both can be taken back."""

from lab import Home
from scenarios import Assistance, require
from scenarios.viewer import Viewer
from scenarios.waiting import eventually

#: So often has the screen changed when its silence is believed: about two seconds.
ENOUGH = 30


def test_the_helper_types_after_the_second_yes_and_never_before():
    require("Xvfb", "xterm", "xdotool")
    with Assistance() as session:
        typed = session.desktop.typewriter()
        session.connect()
        refused(session, "type one", "Control has not been granted")
        session.consent_to_view()
        refused(session, "type two", "Control has not been granted")
        refused(session, "click 200 150", "Control has not been granted")
        session.consent_to_control()
        session.helper.send("move 200 150")
        session.helper.send("type three: ä€ {[]} \\ ~")
        session.helper.send("key Return")
        # What had come before would stand before it.
        eventually(lambda: typed.read_text().endswith("\n"), "the text is in the file")
        assert typed.read_text() == "three: ä€ {[]} \\ ~\n"

        session.sharer.send("revoke control")
        session.helper.wait_for_event("revoked", where=lambda event: event["kind"] == "control")
        refused(session, "type four", "Control has not been granted")
        assert typed.read_text() == "three: ä€ {[]} \\ ~\n"
        session.stop_in_order()


def test_a_view_only_invitation_never_gives_control():
    require("Xvfb")
    with Assistance(Home(nat="none"), Home(nat="none")) as session:
        session.connect(share_options=["--view-only"])
        session.consent_to_view()
        session.helper.send("request control")
        session.helper.wait_for_event("denied", where=lambda event: event["kind"] == "control")
        assert not any(event["kind"] == "control" for event in session.sharer.events if event["event"] == "request")
        session.stop_in_order()


def test_no_frame_arrives_before_the_yes_nor_while_paused():
    require("Xvfb", "xterm", "xdotool")
    with Assistance() as session:
        ticks = session.desktop.animation()
        session.connect(viewer=True)
        with Viewer(session.lab.helper, session.page_address) as viewer:
            session.sharer.wait_for_event("request")
            wait_for_changes(ticks)
            assert viewer.frames == []
            session.sharer.send("yes")
            viewer.wait_for_frames(5)

            session.sharer.send("pause")
            viewer.wait_for("state", paused=True)
            session.helper.wait_for_event("paused")
            shown = len(viewer.frames)
            wait_for_changes(ticks)
            assert len(viewer.frames) == shown

            viewer.forget()
            session.sharer.send("resume")
            viewer.wait_for("state", paused=False)
            session.helper.wait_for_event("resumed")
            viewer.wait_for_frames(5)
            session.stop_in_order()
            viewer.wait_for("ended", reason="finished")


def test_the_sharer_ends_it_too():
    require("Xvfb")
    with Assistance(Home(nat="none"), Home(nat="none")) as session:
        session.connect()
        session.consent_to_view()
        session.helper.wait_for_event("first-frame")
        session.sharer.send("stop")
        session.assert_ended(session.sharer, "finished", 0)
        session.assert_ended(session.helper, "finished", 0)
        session.assert_nothing_left()


def refused(session, line, sentence):
    """The helper's program does not do it, and says why."""
    before = len(session.helper.errors)
    session.helper.send(line)
    eventually(lambda: sentence in session.helper.errors[before:], f"{line!r} is refused: {sentence}")


def wait_for_changes(ticks):
    goal = ticks() + ENOUGH
    eventually(lambda: ticks() >= goal, "the screen changes")
