"""What one copies the other can paste, each way after a yes, and nothing else goes over."""

import json

from lab import Home, TimedOut
from scenarios import Assistance, require
from scenarios.waiting import eventually

OPEN = Home(nat="none")


def test_either_pastes_what_the_other_copies_through_nats():
    require("Xvfb", "xclip")
    with Assistance() as session:
        session.lab.helper.start_display(800, 600)
        session.connect()
        session.consent_to_view()
        copy(session.lab.sharer, "before the yes")
        lend(session)
        large = "Zeile €\n" * 30_000
        copy(session.lab.sharer, large)
        pasted(session.lab.helper, large)
        copy(session.lab.helper, "from the helper")
        pasted(session.lab.sharer, "from the helper")
        copy(session.lab.sharer, "once more")
        pasted(session.lab.helper, "once more")
        session.stop_in_order()
        # What came is not sent back, and what was copied before the yes never went.
        assert moved(session.sharer) == [("sent", len(large.encode())), ("received", 15), ("sent", 9)]
        assert moved(session.helper) == [("received", len(large.encode())), ("sent", 15), ("received", 9)]

        history = session.lab.sharer.run([session.sharer.arguments[0], "history", "--last", "--json"]).stdout
        record = json.loads(history.splitlines()[-1])
        assert record["sent"]["copied"] == {"texts": 2, "bytes": len(large.encode()) + 9}
        assert record["received"]["copied"] == {"texts": 1, "bytes": 15}
        assert "once more" not in history and "from the helper" not in history


def test_nothing_goes_over_while_paused_refused_or_after_it_was_taken_back():
    require("Xvfb", "xclip")
    with Assistance(OPEN, OPEN) as session:
        session.lab.helper.start_display(800, 600)
        session.connect()
        session.consent_to_view()
        eventually(lambda: asked(session, times=1), "the helper may ask", every=0.5)
        session.sharer.send("no")
        session.helper.wait_for_event("denied", where=lambda event: event["kind"] == "clipboard")
        copy(session.lab.sharer, "refused")
        # Nobody is asked again for a while after a no.
        eventually(lambda: asked(session, times=2), "the helper may ask again", timeout=30, every=0.5)
        session.sharer.send("yes")
        session.helper.wait_for_event("granted", where=lambda event: event["kind"] == "clipboard")
        copy(session.lab.sharer, "one")
        pasted(session.lab.helper, "one")

        session.sharer.send("pause")
        session.helper.wait_for_event("paused")
        copy(session.lab.sharer, "a password, copied while paused")
        copy(session.lab.helper, "mine, while paused")
        session.sharer.send("resume")
        session.helper.wait_for_event("resumed")
        copy(session.lab.sharer, "two")
        pasted(session.lab.helper, "two")

        session.sharer.send("revoke clipboard")
        session.helper.wait_for_event("revoked", where=lambda event: event["kind"] == "clipboard")
        copy(session.lab.sharer, "after it was taken back")
        copy(session.lab.helper, "mine, after it was taken back")
        lend(session)
        copy(session.lab.sharer, "three")
        pasted(session.lab.helper, "three")
        session.stop_in_order()
        assert moved(session.sharer) == [("sent", 3), ("sent", 3), ("sent", 5)]
        assert moved(session.helper) == [("received", 3), ("received", 3), ("received", 5)]


def test_a_helper_without_a_display_reads_what_is_copied_and_types_what_is_to_be_pasted():
    require("Xvfb", "xclip")
    with Assistance(OPEN, OPEN) as session:
        session.connect()
        session.consent_to_view()
        lend(session)
        copy(session.lab.sharer, "line one\nline two")
        event = session.helper.wait_for_event("clipboard")
        assert (event["direction"], event["bytes"], event["text"]) == ("received", 17, "line one\nline two")
        session.helper.send("copy sudo apt update")
        pasted(session.lab.sharer, "sudo apt update")
        session.stop_in_order()


def test_what_a_keeper_of_passwords_marks_stays_where_it_is(tmp_path):
    require("Xvfb", "xclip", "wish")
    with Assistance(OPEN, OPEN) as session:
        session.connect()
        session.consent_to_view()
        lend(session)
        script = tmp_path / "keeper.tcl"
        script.write_text("""
            wm withdraw .
            selection handle -selection CLIPBOARD -type UTF8_STRING . {apply {{offset count} {string range swordfish $offset end}}}
            selection handle -selection CLIPBOARD -type x-kde-passwordManagerHint . {apply {{offset count} {string range secret $offset end}}}
            selection own -selection CLIPBOARD .
            """)
        keeper = session.lab.sharer.popen(["wish", script])
        eventually(lambda: paste(session.lab.sharer) == "swordfish", "the password is in the clipboard")
        keeper.stop()
        copy(session.lab.sharer, "no secret")
        assert session.helper.wait_for_event("clipboard")["text"] == "no secret"
        session.stop_in_order()
        assert moved(session.sharer) == [("sent", 9)]


def lend(session):
    """The yes to both ways."""
    after = len(session.sharer.lines), len(session.helper.lines)

    def asked():
        session.helper.send("request clipboard")  # refused before the sharer's rules have come, and when it is asked already
        try:
            return session.sharer.wait_for_event(
                "request", where=lambda event: event["kind"] == "clipboard", after=after[0], timeout=0.5)
        except TimedOut:
            return None
    request = eventually(asked, "the sharer is asked")
    assert request["detail"]["directions"] == ["send", "receive"]
    session.sharer.send(f"yes {request['id']}")
    session.helper.wait_for_event("granted", where=lambda event: event["kind"] == "clipboard", after=after[1])


def asked(session, times):
    requests = [event for event in session.sharer.events if event["event"] == "request" and event["kind"] == "clipboard"]
    if len(requests) < times:
        session.helper.send("request clipboard")
    return len(requests) == times


def copy(host, text):
    host.run(["sh", "-c", "exec xclip -selection clipboard -t UTF8_STRING >/dev/null 2>&1"], input=text)
    pasted(host, text)  # xclip is done a moment before the server knows


def paste(host):
    return host.run(["xclip", "-selection", "clipboard", "-t", "UTF8_STRING", "-o"], check=False).stdout


def pasted(host, text):
    eventually(lambda: paste(host) == text, f"{text[:40]!r} can be pasted")


def moved(process):
    return [(event["direction"], event["bytes"]) for event in process.events if event["event"] == "clipboard"]
