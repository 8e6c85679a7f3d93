"""`ra-connect` without arguments: a person who knows none of this is led to the session, at a real terminal."""

import re
import subprocess

import pytest
from lab import Home, Loopback
from scenarios import RA_CONNECT, Assistance, Terminal, require

PURPOSE = "What would you like to do?"


PASSWORD = "correct horse"


@pytest.mark.parametrize("way", ["code", "file", "file with a password"])
def test_both_ways_lead_through_the_nats_to_the_first_picture(way):
    require("Xvfb")
    with Assistance(Home(nat="symmetric"), Home(nat="plain")) as session:
        lab = session.lab
        sharer = Terminal(lab.sharer, [RA_CONNECT])
        sharer.answer(PURPOSE, "get")
        is_file, is_locked = way != "code", way.endswith("password")
        sharer.answer("How shall your helper get the invitation?", way.split()[0])
        if is_file:
            sharer.answer("Where shall the invitation be saved?", "'~/my help'")
            sharer.answer("Shall the invitation's file have a password?", "yes" if is_locked else "no")
        # It is asked for again until it is one.
        sharer.answer("What is the relay's address?", "no relay!")
        sharer.read("is not a relay's address")
        sharer.answer("What is the relay's address?", session.url)
        sharer.answer("Shall this relay be remembered", "yes" if way == "code" else "no")
        equal = sharer.read("The same, typed in one line:") and sharer.read("\n\n").strip()
        file = lab.sharer.home / "my help.rainvite"
        if is_file:
            option = "--password " if is_locked else ""
            assert equal == f"ra-connect share {option}--file '{lab.sharer.home}/my help.rainvite' --relay {session.url}"
        else:
            assert equal == f"ra-connect share --relay {session.url}"
        if is_locked:
            # What was mistyped is asked for again, and nothing of it is shown.
            for first, second in [("short", None), (PASSWORD, "another one"), (PASSWORD, PASSWORD)]:
                for question, answer in (("A password for the invitation: ", first), ("Once more: ", second)):
                    if answer:
                        sharer.read(question)
                        sharer.type(answer)
            assert PASSWORD not in sharer.text
        code = re.search(r"(\w{6}-\w{6})\n", sharer.read("Tell your helper this code: ") + sharer.read("\n"))[1]

        helper = Terminal(lab.helper, [RA_CONNECT], env={"RA_RELAY": session.url, **session.fake_browser()})
        if way == "code":
            helper.answer(PURPOSE, "give")
            helper.answer("What were you given?", "1")
            helper.answer("What is the code?", "12345")
            helper.read("this one has 5")
            helper.answer("What is the code?", code.lower().replace("-", " ").replace("0", "o").replace("1", "l"))
            assert f"ra-connect join {code}\n" in helper.read("The same, typed in one line:") + helper.read("\n\n")
        else:
            # As a file manager drops it.
            helper.answer(PURPOSE, str(file).replace(" ", "\\ "))
            told = helper.answer("Do you want to help now?", "yes")
            assert "asks for help" in told and session.url in told
            if is_locked:
                helper.read("The invitation's password: ")
                helper.type(PASSWORD)
        sharer.read("is here, with the right code", timeout=30)
        sharer.read("see your screen", timeout=30)
        sharer.type("yes")
        helper.read("The screen is here: 1024 × 768", timeout=30)
        sharer.press("\x03")
        assert (sharer.wait(), helper.wait()) == (0, 0)
        session.assert_nothing_left()
        configuration = lab.sharer.home / ".config" / "ra-connect" / "config.toml"
        assert configuration.exists() == (way == "code")
        if way == "code":
            assert configuration.read_text() == f'relay = "{session.url}"\n'
            again = Terminal(lab.sharer, [RA_CONNECT])
            again.answer(PURPOSE, "get")
            again.answer("How shall your helper get the invitation?", "code")
            assert "relay's address" not in again.read("Tell your helper this code: ")
            again.press("\x03")
            assert again.wait() == 0


@pytest.fixture
def desk():
    require(lab=False)
    with Loopback() as lab:
        yield lab


@pytest.mark.parametrize(("answers", "key", "code"), [
    ([], "q\n", 0), ([], "\x04", 0), ([], "\x03", 130), (["give", "code"], "quit\n", 0), (["give", "code"], "\x04", 0),
    (["give", "code", "xyz"], "\x03", 130)])
def test_whoever_leaves_has_done_nothing(desk, answers, key, code):
    terminal = Terminal(desk.sharer, [RA_CONNECT])
    for answer in answers:
        terminal.read("\n> ")
        terminal.type(answer)
    terminal.read("\n> ")
    terminal.press(key)
    terminal.read("Nothing was done.\n")
    assert terminal.wait() == code
    assert not list(desk.sharer.home.rglob("*.rainvite"))


def test_an_empty_line_asks_again_and_wrong_answers_have_no_end(desk):
    terminal = Terminal(desk.sharer, [RA_CONNECT], env={"DISPLAY": ":0"})
    terminal.answer(PURPOSE, "")
    for _ in range(5):
        terminal.answer(PURPOSE, "help")
        terminal.read("could be more than one of these")
    terminal.answer(PURPOSE, "give")
    terminal.answer("What were you given?", "b")
    terminal.answer(PURPOSE, "get")
    terminal.answer("How shall your helper get the invitation?", "q")
    assert terminal.wait() == 0


@pytest.mark.parametrize(("policy", "sentence"), [
    ("may-ask = false", "does not let anybody ask for help (may-ask)"),
    ('relays = ["https://relay.example.org"]', None),
])
def test_what_a_policy_forbids_is_not_offered(desk, policy, sentence):
    folder = desk.sharer.home / ".config" / "ra-connect"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f"[policy]\n{policy}\n")
    terminal = Terminal(desk.sharer, [RA_CONNECT], env={"DISPLAY": ":0"})
    if sentence:
        said = terminal.answer(PURPOSE, "get")
        assert sentence in " ".join(said.split()) and "1  give" in said and "get  " not in said
        assert sentence in " ".join(terminal.answer(PURPOSE, "q").split())
    else:
        terminal.answer(PURPOSE, "000000-000000")
        assert "1  https://relay.example.org" in terminal.answer("At which relay do you meet?", "http://other.example")
        terminal.read("does not allow the relay")
        terminal.answer("At which relay do you meet?", "q")
    assert terminal.wait() == 0


def test_a_policy_without_relays_and_one_that_is_wrong_end_before_a_question(desk):
    folder = desk.sharer.home / ".config" / "ra-connect"
    folder.mkdir(parents=True)
    for policy, code, sentence in [("relays = []", 5, "allows no relay"), ("may-ask = 1", 2, "write true or false")]:
        (folder / "config.toml").write_text(f"[policy]\n{policy}\n")
        terminal = Terminal(desk.sharer, [RA_CONNECT])
        terminal.read(sentence)
        assert terminal.wait() == code


def test_a_relay_is_remembered_above_what_is_there(desk):
    folder = desk.sharer.home / ".config" / "ra-connect"
    folder.mkdir(parents=True)
    real = desk.sharer.home / "mine.toml"
    real.write_text('# mine\nproxy = "none"\n[policy]\nceiling = "view"\n')
    real.chmod(0o640)
    (folder / "config.toml").symlink_to(real)
    terminal = Terminal(desk.sharer, [RA_CONNECT])
    terminal.answer(PURPOSE, "000000-000000")
    terminal.answer("What is the relay's address?", "127.0.0.1:9")
    terminal.answer("Shall this relay be remembered", "yes")
    terminal.read("The relay is remembered in ")
    assert terminal.wait(60) == 3
    assert real.read_text() == 'relay = "http://127.0.0.1:9"\n# mine\nproxy = "none"\n[policy]\nceiling = "view"\n'
    assert real.stat().st_mode & 0o777 == 0o640 and (folder / "config.toml").is_symlink()
    assert sorted(path.name for path in desk.sharer.home.iterdir() if path.suffix == ".part") == []


def test_a_computer_without_a_desktop_is_not_offered_to_be_shared(desk):
    terminal = Terminal(desk.sharer, [RA_CONNECT], env={"DISPLAY": "", "WAYLAND_DISPLAY": "wayland-0"})
    assert "Wayland" in terminal.answer(PURPOSE, "q")


def test_where_nobody_can_be_asked_it_tells_how_it_is_used(desk):
    def run(*arguments):
        done = subprocess.run([RA_CONNECT, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                              env=desk.sharer.environment())
        return done.returncode, done.stdout + done.stderr
    code, said = run()
    assert "USAGE: ra-connect" in said and PURPOSE not in said, said
    assert code == 0
    code, said = run("--json")
    assert code == 2 and "ra-connect" in said
