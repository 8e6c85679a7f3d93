"""Files go over a session in both directions, after a yes of their own, and whatever the network does meanwhile."""

import hashlib
import os

import pytest
from lab import Home
from scenarios import RA_CONNECT, Assistance, inside, require
from scenarios.chromium import Chromium
from scenarios.viewer import Viewer
from scenarios.waiting import eventually

SYMMETRIC = Home(nat="symmetric")
MEGABYTE = 1 << 20


def ready(session, *, join_options=(), share_options=()):
    session.connect(*join_options, share_options=share_options)
    session.consent_to_view()


def make(host, name, size):
    """A file of noise, so that nothing on the way can make it smaller."""
    path = host.home / name
    path.write_bytes(os.urandom(size))
    return path


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def offer(sender, path):
    """Asks the other side; the event with the transfer's number there."""
    sender.send(f"send {path}")
    return sender.wait_for_event("file", where=lambda event: event["name"] == path.name and event["state"] == "offered")


def state(process, name, wanted, timeout=60):
    return process.wait_for_event("file", timeout=timeout, where=lambda event: event["name"] == name and event["state"] == wanted)


def question(process, name):
    return process.wait_for_event("request", where=lambda event: event["kind"] == "file" and event["detail"]["name"] == name)


def sides(session, sender):
    """Who sends and who receives: programs and hosts."""
    programs, hosts = (session.sharer, session.helper), (session.lab.sharer, session.lab.helper)
    return (*programs, *hosts) if sender == "sharer" else (*programs[::-1], *hosts[::-1])


@pytest.mark.parametrize("sender", ["sharer", "helper"])
@pytest.mark.parametrize(("home", "size"), [(Home(), 8 * MEGABYTE), (SYMMETRIC, 2 * MEGABYTE)], ids=["punched", "relayed"])
def test_a_file_arrives_whole_and_is_its_owners_alone(sender, home, size):
    require("Xvfb")
    with Assistance(home, home) as session:
        ready(session)
        source, target, here, there = sides(session, sender)
        path = make(here, "report of today.pdf", size)
        offer(source, path)
        asked = question(target, path.name)
        assert asked["detail"]["bytes"] == size and asked["detail"]["answer_within_s"] == 60
        assert not (there.home / path.name).exists()
        target.send(f"yes {asked['id']}")
        done = state(target, path.name, "done")
        assert state(source, path.name, "done")["bytes"] == size
        kept = there.home / path.name
        assert str(kept) == done["detail"] and digest(kept) == digest(path)
        assert kept.stat().st_mode & 0o777 == 0o600
        session.stop_in_order()
        record = there.run([RA_CONNECT, "history", "--last", "--json"]).stdout
        assert path.name in record and str(size) in record


def test_a_file_waits_for_the_yes_and_a_no_ends_it():
    require("Xvfb")
    with Assistance(Home(nat="none"), Home(nat="none")) as session:
        ready(session, share_options=["--downloads", "in"])
        path = make(session.lab.helper, "a.txt", 1000)
        offer(session.helper, path)
        session.sharer.send(f"no {question(session.sharer, 'a.txt')['id']}")
        state(session.helper, "a.txt", "refused")
        session.helper.send(f"send {path}")
        eventually(lambda: "ask again in" in session.helper.errors, "a no is not worn down")
        session.helper.send(f"send {session.lab.helper.home}")
        eventually(lambda: "Pack it first" in session.helper.errors, "a folder is refused with what to do")
        session.helper.send("send nothing-of-that-name")
        eventually(lambda: "There is no file" in session.helper.errors, "and so is what is not there")
        session.stop_in_order()
        assert not list(session.lab.sharer.home.rglob("*a.txt*"))


@pytest.mark.parametrize("who", ["sharer", "helper"])
def test_either_side_takes_it_back_in_the_middle_and_nothing_is_left(who):
    require("Xvfb")
    with Assistance(Home(nat="none"), Home(nat="none")) as session:
        ready(session)
        path = make(session.lab.helper, "large.bin", 300 * MEGABYTE)
        offer(session.helper, path)
        session.sharer.send(f"yes {question(session.sharer, path.name)['id']}")
        moving = state(session.sharer, path.name, "moving")
        assert 0 < moving["bytes"] < moving["of"] == 300 * MEGABYTE
        getattr(session, who).send("revoke file")
        for side in (session.sharer, session.helper):
            assert state(side, path.name, "failed")["bytes"] < 300 * MEGABYTE
        eventually(lambda: not list(session.lab.sharer.home.rglob("*large.bin*")), "nothing of it is left")
        session.stop_in_order()


def test_a_file_survives_the_death_of_its_path(record_property):
    require("Xvfb")
    with Assistance(Home(), Home()) as session:
        ready(session)
        path = make(session.lab.helper, "large.bin", 80 * MEGABYTE)
        offer(session.helper, path)
        session.sharer.send(f"yes {question(session.sharer, path.name)['id']}")
        state(session.sharer, path.name, "moving")
        for host, other in ((session.lab.sharer, session.lab.helper), (session.lab.helper, session.lab.sharer)):
            host.router.nft(
                "table inet cut {\nchain forward {\ntype filter hook forward priority -10; policy accept;\n"
                f"ip daddr {other.public_address} drop\nip saddr {other.public_address} drop\n}}\n}}\n")
        assert not any(event.get("state") == "done" for event in session.helper.events), "the path dies in the middle"
        state(session.helper, path.name, "done")
        done = state(session.sharer, path.name, "done")
        record_property("seconds", done["_at"])
        assert digest(session.lab.sharer.home / path.name) == digest(path)
        assert [event["path"]["kind"] for event in session.helper.events if event["event"] == "path" and event["path"]][-1] == "relayed"
        session.stop_in_order()


def test_what_a_policy_forbids_is_not_even_asked_for():
    require("Xvfb")
    with Assistance(Home(nat="none"), Home(nat="none")) as session:
        (session.lab.sharer.home / "narrow.toml").write_text('[policy]\nfiles = "send"\n')
        ready(session, share_options=["--config", "narrow.toml"])
        session.helper.send(f"send {make(session.lab.helper, 'in.txt', 10)}")
        eventually(lambda: "The other side does not allow that" in session.helper.errors, "the sharer's policy is told to the helper")
        offer(session.sharer, make(session.lab.sharer, "out.txt", 10))
        session.helper.send(f"yes {question(session.helper, 'out.txt')['id']}")
        state(session.sharer, "out.txt", "done")
        assert not any(event["kind"] == "file" for event in session.sharer.events if event["event"] == "request")
        session.stop_in_order()


def test_the_helpers_page_asks_and_answers():
    require("Xvfb")
    with Assistance(Home(nat="none"), Home(nat="none")) as session:
        session.connect(viewer=True)
        with Viewer(session.lab.helper, session.page_address) as viewer:
            session.consent_to_view()
            for name, answer in (("wanted.txt", True), ("unwanted.txt", False)):
                offer(session.sharer, make(session.lab.sharer, name, 1000))
                asked = question(session.helper, name)["id"]
                viewer.wait_for("state", questions=[
                    {"id": asked, "text": f"Sharon, who invited you, asks to send you the file “{name}” (1.0 KB)."}])
                viewer.send(type="answer", id=asked, yes=answer)
                state(session.sharer, name, "done" if answer else "refused")
            viewer.wait_for("note", text=f"The file “wanted.txt” is here: {session.lab.helper.home / 'wanted.txt'}")
            eventually(lambda: viewer.updates[-1].get("questions", []) == [], "nothing is asked any more")
        session.stop_in_order()


def test_a_browser_answers_with_a_click(tmp_path):
    require("Xvfb", "chromium")
    with Assistance(Home(nat="none"), Home(nat="none")) as session:
        session.connect(viewer=True)
        host = session.lab.helper
        with Chromium(lambda words: host.popen(words), lambda *to: inside.connect(host, *to),
                      tmp_path / "profile", address=session.page_address) as browser:
            session.consent_to_view()
            offer(session.sharer, make(session.lab.sharer, "a.txt", 1000))
            browser.wait_for("document.querySelector('#questions span')?.textContent.includes('a.txt')", "the page asks")
            browser.click("#questions button[data-answer=yes]")
            state(session.sharer, "a.txt", "done")
            browser.wait_for("document.getElementById('questions').hidden", "the question is gone")
            browser.wait_for("document.querySelector('#lines .note')?.textContent.includes('is here')", "the page says where it is")
        session.stop_in_order()
