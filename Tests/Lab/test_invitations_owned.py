"""Who has made an invitation lists, lengthens and revokes it from another terminal; everybody else learns nothing of that."""

import datetime
import json
import shutil
import signal

import pytest
from lab import Home
from scenarios import RA_CONNECT, Assistance, require
from scenarios.codes import check_symbol, with_other_secret
from scenarios.waiting import eventually

OPEN = Home(nat="none")


@pytest.fixture(scope="module")
def place():
    require("Xvfb")
    with Assistance(OPEN, OPEN) as session:
        yield session
        session.assert_nothing_left()


@pytest.fixture(autouse=True)
def ended(place):
    yield
    place.end_programs()
    shutil.rmtree(folder(place), ignore_errors=True)


def folder(place):
    return place.lab.sharer.home / ".local/state/ra-connect/invitations"


def invitations(place, *arguments, host=None, code=0, zone="Asia/Kathmandu"):
    """Runs `ra-connect invitations` on the sharer's computer, in a terminal of its own; what it says."""
    host = host or place.lab.sharer
    done = host.popen([RA_CONNECT, "invitations", *arguments], env={"TZ": zone})
    assert done.wait(30) == code, f"{done.lines}\n{done.errors}"
    return done


def listed(place, **more):
    return [json.loads(line) for line in invitations(place, "list", "--json", **more).lines]


def test_an_open_invitation_is_listed_and_is_its_owners_alone(place):
    code = place.invite("--expires", "30m", "--view-only")
    [one] = listed(place)
    made, expires = (datetime.datetime.fromisoformat(one[key]) for key in ("made", "expires"))
    assert (one["id"], one["state"], one["running"], one["ceiling"]) == (code[:6], "open", True, "view")
    assert one["relay"] == place.url
    assert made.utcoffset() == datetime.timedelta(0)
    assert abs((expires - made).total_seconds() - 1800) < 30

    header, row = invitations(place, "list").lines
    assert header.split()[:2] == ["ID", "STATE"]
    assert row.split()[:2] == [code[:6], "open"] and "UTC+05:45" in row
    local = expires.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=45)))
    assert local.strftime("%Y-%m-%d %H:%M:%S UTC+05:45") in row

    [file] = folder(place).iterdir()
    assert file.stat().st_mode & 0o777 == 0o600 and folder(place).stat().st_mode & 0o777 == 0o700
    assert code.replace("-", "")[6:11] not in file.read_text()
    token = json.loads(file.read_text())["owner"]
    for host in place.lab.sharer, place.lab.relay:
        for log in host.directory.rglob("*.err"):
            assert token not in log.read_text(errors="replace")
    assert listed(place, host=place.lab.helper) == []
    place.sharer.send("stop")
    place.assert_ended(place.sharer, "finished", 0)
    assert list(folder(place).iterdir()) == [] and listed(place) == []
    assert "no invitation now" in invitations(place, "list").lines[0]


def test_a_revoked_invitation_ends_its_program_and_is_unknown_to_helpers(place):
    code = place.invite()
    unknown = "0123AB-CDEFG" + check_symbol("0123ABCDEFG")
    never = tried(place, unknown)
    done = invitations(place, "revoke", code[:6].lower())
    assert done.lines == [f"The invitation {code[:6]} was taken back."]
    place.assert_ended(place.sharer, "invitation-revoked", 6)
    assert tried(place, code) == never
    assert invitations(place, "revoke", code[:6], code=6).errors.startswith(f"There is no invitation “{code[:6]}” of yours.")


def test_a_revoked_invitation_says_so_to_the_person(place):
    sharer = place.share(json=False)
    code = sharer.wait_for_line("Tell your helper this code").split()[-1]
    # The whole code is taken as well as its first half.
    assert json.loads(invitations(place, "revoke", "--json", code).lines[0])["state"] == "revoked"
    assert sharer.wait(15) == 6
    assert sharer.lines[-1] == "The invitation was taken back."


def test_an_extended_invitation_outlives_its_first_end(place):
    file = place.lab.sharer.directory / "tmp" / "extended.rainvite"
    code = place.invite("--expires", "20s", "--file", file)
    [before] = listed(place)
    first = file.read_text()
    said = json.loads(invitations(place, "extend", "--json", code[:6], "--expires", "30m").lines[0])
    again = place.sharer.wait_for_event("invitation", where=lambda event: event["expires"] != before["expires"])
    assert again["code"] == code and again["expires"] == said["expires"] > before["expires"]
    assert json.loads(file.read_text())["expires"] == said["expires"]
    assert [one["expires"] for one in listed(place)] == [said["expires"]]

    # What was asked for is there already: nothing gets shorter.
    assert json.loads(invitations(place, "extend", "--json", code[:6], "--expires", "1m").lines[0])["expires"] == said["expires"]

    # A helper who was sent the file before is let in after its first end.
    end = datetime.datetime.fromisoformat(before["expires"])
    eventually(lambda: datetime.datetime.now(datetime.timezone.utc) > end + datetime.timedelta(seconds=2), "the first end is over", timeout=60)
    old = place.lab.sharer.directory / "tmp" / "old.rainvite"
    old.write_text(first)
    place.join(str(old))
    place.helper.wait_for_event("connected")
    assert [one["state"] for one in listed(place)] == ["in-use"]
    assert invitations(place, "extend", code[:6], code=6).lines == [
        f"The invitation {code[:6]} is used: your helper is here, and nobody else can come by it."]
    # To revoke it ends no session.
    invitations(place, "revoke", "--all")
    place.consent_to_view()
    place.stop_in_order()


def test_the_running_program_tells_the_person_the_new_end(place):
    sharer = place.share(json=False, env={"TZ": "Asia/Kathmandu"})
    code = sharer.wait_for_line("Tell your helper this code").split()[-1]
    assert "UTC+05:45" in sharer.wait_for_line("It is good until")
    told = invitations(place, "extend", code[:6], "--expires", "2h").lines[0]
    until = told.partition("good until ")[2]
    assert "UTC+05:45" in until
    eventually(lambda: f"it is good until {until}" in sharer.errors, "the new end is told")


def test_the_relay_allows_a_week_from_the_beginning(place):
    code = place.invite("--expires", "6d")
    done = invitations(place, "extend", code[:6], "--expires", "30d")
    assert done.lines[1] == "The relay allows no more."
    [one] = listed(place)
    made, expires = (datetime.datetime.fromisoformat(one[key]) for key in ("made", "expires"))
    assert abs((expires - made).total_seconds() - 7 * 86400) < 30


def test_what_a_killed_program_leaves_is_told_apart_and_can_be_revoked(place):
    code = place.invite()
    place.sharer.signal(signal.SIGKILL)
    place.sharer.wait()
    eventually(lambda: [(one["state"], one["running"]) for one in listed(place)] == [("away", False)], "the relay has noticed",
               every=1)
    assert "its program has ended" in invitations(place, "list").lines[1]
    assert "nobody can come by it" in invitations(place, "extend", code[:6], code=6).lines[0]
    assert invitations(place, "revoke", "--all").lines == [f"The invitation {code[:6]} was taken back."]
    assert listed(place) == [] and list(folder(place).iterdir()) == []


def test_a_burnt_code_says_so_to_its_owner_alone(place):
    code = place.invite()
    for attempt in range(3):
        assert place.join(with_other_secret(code, attempt)).wait() == 6
    second = place.sharer.wait_for_event("invitation", where=lambda event: event["code"] != code)["code"]
    assert {one["id"]: one["state"] for one in listed(place)} == {code[:6]: "burnt", second[:6]: "open"}
    assert "void: guessed at three times" in invitations(place, "list").lines[1]
    assert invitations(place, "revoke", code[:6]).lines == [f"The invitation {code[:6]} is void: its code was guessed at three times."]
    assert place.sharer.exit_code is None
    assert tried(place, code) == tried(place, "0123AB-CDEFG" + check_symbol("0123ABCDEFG"))


def test_an_expired_one_of_a_killed_program_says_so(place):
    place.invite("--expires", "3s")
    place.sharer.signal(signal.SIGKILL)
    place.sharer.wait()
    eventually(lambda: [one["state"] for one in listed(place)] == ["expired"], "it has expired", timeout=20, every=1)


def test_a_relay_that_is_away_is_said_and_exits_with_3(place):
    place.invite()
    place.relay.stop()
    try:
        [one] = listed(place, code=3)
        assert one["state"] == "unreachable"
        done = invitations(place, "list", code=3)
        assert "relay not reached" in done.lines[1] and "No relay answers" in done.errors
        assert "No relay answers" in invitations(place, "revoke", "--all", code=3).lines[0]
        assert len(list(folder(place).iterdir())) == 1
    finally:
        place.restart_relay()


@pytest.mark.parametrize("arguments", [["revoke"], ["revoke", "ABC123", "--all"], ["extend"], ["extend", "ABC123", "--expires", "soon"]])
def test_a_command_that_makes_no_sense_is_a_usage_error(place, arguments):
    invitations(place, *arguments, code=2)


def test_the_policy_bounds_the_whole_life(place, tmp_path):
    """As in `test_policy.py`: an /etc of the test's own, in a mount namespace."""
    code = place.invite("--expires", "20m")
    etc = tmp_path / "etc"
    shutil.copytree("/etc", etc, symlinks=True, ignore=shutil.ignore_patterns("ra-connect", "ssl", "alternatives"),
                    ignore_dangling_symlinks=True)
    (etc / "ra-connect").mkdir()
    (etc / "ra-connect" / "policy.toml").write_text('longest-invitation = "30m"\n')

    def extend(*options):
        command = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc, RA_CONNECT, "invitations", "extend",
                   code[:6], *options]
        return place.lab.sharer.run([str(word) for word in command], check=False, timeout=60)

    done = extend("--expires", "1h")
    assert done.returncode == 5 and "allows invitations of 30m at most (longest-invitation)" in done.stdout
    event = json.loads(extend("--expires", "1h", "--json").stdout)
    assert (event["event"], event["reason"]) == ("ended", "policy")
    assert extend("--expires", "25m").returncode == 0
    assert extend().returncode == 0
    [one] = listed(place)
    made, expires = (datetime.datetime.fromisoformat(one[key]) for key in ("made", "expires"))
    assert (expires - made).total_seconds() <= 1800 + 2


def test_a_file_with_a_password_needs_it(place):
    directory = place.lab.sharer.directory / "tmp"
    secret, file = directory / "password", directory / "sealed.rainvite"
    secret.write_text("correct horse battery\n")
    secret.chmod(0o644)
    refused = place.share("--file", file, "--password-file", secret)
    assert refused.wait(10) == 2 and "can be read by others" in refused.errors
    secret.chmod(0o600)
    place.invite("--file", file, "--password-file", secret)
    written = json.loads(file.read_text())
    assert "secret" not in written and written["sealed"]["kdf"] == "argon2id" and file.stat().st_mode & 0o777 == 0o600

    shown = place.lab.helper.run([RA_CONNECT, "show", "--json", file])
    assert json.loads(shown.stdout)["sealed"] is True and json.loads(shown.stdout)["from"] == "Sharon"
    assert "It has a password" in place.lab.helper.run([RA_CONNECT, "show", file]).stdout

    helper = place.join(str(file))
    helper.send("wrong horse battery")
    assert helper.wait() == 6 and "not the password" in helper.errors
    helper = place.join(str(file))
    helper.send("correct horse battery")
    helper.wait_for_event("connected")
    place.consent_to_view()
    place.stop_in_order()


def test_a_password_is_typed_at_a_terminal_twice(place):
    """And is refused where nobody can type it, where it is too short, and where there is no file that it is for."""
    file = place.lab.sharer.directory / "tmp" / "typed.rainvite"
    assert place.share("--file", file, "--password").wait(10) == 2
    assert "use --password-file" in place.sharer.errors
    assert place.share("--password").wait(10) == 2
    assert "give --file or --mail" in place.sharer.errors
    short = place.lab.sharer.directory / "tmp" / "short"
    short.write_text("1234567\n")
    short.chmod(0o600)
    assert place.share("--file", file, "--password-file", short).wait(10) == 2
    assert not file.exists()


def tried(place, code):
    """What a helper is told by a code: the last event, without its time, the exit code, and the sentence for people."""
    helper = place.join(code)
    end = (helper.wait(), {key: value for key, value in helper.wait_for_event("ended").items() if key != "_at"})
    person = place.join(code, json=False)
    return (*end, person.wait(), person.lines[-1])
