"""The administrator's policy, as the program meets it: each rule, its sentence and its exit code; and no way around it."""

import json
import os
import shutil
import subprocess

import pytest
from scenarios import RA_CONNECT, require

RELAY = "http://127.0.0.1:9"
LINK = "https://relay.example.org/j/ABC123#0123456789ABCDEFGHJKMNPQR0"


@pytest.fixture(scope="module")
def etc(tmp_path_factory):
    """An /etc of the test's own, for a mount namespace: the machine's has no say, and stays as it is."""
    require()
    folder = tmp_path_factory.mktemp("policy") / "etc"
    shutil.copytree("/etc", folder, symlinks=True, ignore=shutil.ignore_patterns("ra-connect", "ssl", "alternatives"),
                    ignore_dangling_symlinks=True)
    (folder / "ra-connect").mkdir()
    return folder


def run(etc, policy, *arguments, mode=0o644, owner=0, configuration=None, home=None):
    """Runs `ra-connect` under a policy; the exit code, what it says to people, and its last event."""
    file = etc / "ra-connect" / "policy.toml"
    file.unlink(missing_ok=True)
    if policy is not None:
        file.write_text(policy)
        file.chmod(mode)
        os.chown(file, owner, 0)
    if configuration:
        (home / "config.toml").write_text(configuration)
        arguments = [*arguments, "--config", home / "config.toml"]
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc, RA_CONNECT, *map(str, arguments)],
        input="", capture_output=True, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], "HOME": str(home or etc), "RA_POLICY": "/dev/null", "XDG_CONFIG_HOME": str(home or etc)})
    return done.returncode, done.stdout + done.stderr


#: A policy, a command line, and what is said by a refusal.
REFUSED = [
    ("may-ask = false", ["share", "--relay", RELAY], "does not let anybody ask for help (may-ask)"),
    ('longest-invitation = "30m"', ["share", "--relay", RELAY, "--expires", "1h"], "30m at most (longest-invitation), not 1h"),
    (f'relays = ["{RELAY}"]', ["share", "--relay", "http://127.0.0.1:10"], "does not allow the relay http://127.0.0.1:10 (relays)"),
    ("relays = []", ["join", LINK], "does not allow the relay https://relay.example.org (relays). Allowed: none."),
    ("relays = []", ["join", LINK, "--relay", RELAY], f"does not allow the relay {RELAY} (relays)"),
    ("may-ask = maybe", ["share", "--relay", RELAY], "line 1"),
    ("may-ask = maybe", ["join", LINK], "cannot be relied upon"),
]


@pytest.mark.parametrize(("policy", "arguments", "sentence"), REFUSED)
def test_what_a_policy_refuses_ends_with_5_and_a_sentence(etc, tmp_path, policy, arguments, sentence):
    code, said = run(etc, policy, *arguments, home=tmp_path)
    assert (code, sentence in said) == (5, True), said
    code, said = run(etc, policy, *arguments, "--json", home=tmp_path)
    event = json.loads(said)
    assert (code, event["event"], event["reason"]) == (5, "ended", "policy")
    assert sentence in event["detail"]


#: An invitation of Windows XP, without a password.
INCIDENT = (
    '<?xml version="1.0"?><UPLOADINFO TYPE="Escalated"><UPLOADDATA USERNAME="Ann" '
    'RCTICKET="65538,1,192.0.2.7:3389,*,c2Vzc2lvbg==,*,*,aGFzaA==" PassStub="ab*1C_d2" RCTICKETENCRYPTED="0" '
    'DtStart="4000000000" DtLength="60" L="0" /></UPLOADINFO>')


@pytest.mark.parametrize("policy", ["relays = []", f'relays = ["{RELAY}"]', "may-ask = maybe"])
def test_an_invitation_of_windows_is_no_way_around_a_policy(etc, tmp_path, policy):
    file = tmp_path / "help.MsRcIncident"
    file.write_text(INCIDENT)
    code, said = run(etc, policy, "join", file, home=tmp_path)
    assert (code, "past all of them" in said or "cannot be relied upon" in said) == (5, True), said
    code, said = run(etc, None, "join", file, home=tmp_path)
    assert code == 1, said


@pytest.mark.parametrize(("mode", "owner"), [(0o666, 0), (0o664, 0), (0o644, 65534)])
def test_a_policy_that_others_can_change_refuses_everything(etc, tmp_path, mode, owner):
    for arguments in (["share", "--relay", RELAY], ["join", LINK], ["policy", "show"]):
        code, said = run(etc, "", *arguments, mode=mode, owner=owner, home=tmp_path)
        assert (code, "cannot be relied upon, so nothing is allowed" in said) == (5, True), said


def test_a_persons_configuration_makes_it_narrower_and_never_wider(etc, tmp_path):
    def shown(administrator, person):
        code, said = run(etc, administrator, "policy", "show", "--json", configuration=f"[policy]\n{person}\n", home=tmp_path)
        assert code == 0, said
        return {line["key"]: (line["value"], line["from"], line["line"]) for line in json.loads(said)["settings"]}

    assert shown('ceiling = "view"', 'ceiling = "control"')["ceiling"] == ("view", "administrator", 1)
    assert shown("", 'ceiling = "view"')["ceiling"] == ("view", "person", 2)
    code, said = run(etc, None, "share", "--relay", RELAY, configuration="[policy]\nmay-ask = false\n", home=tmp_path)
    assert (code, "(may-ask)" in said) == (5, True), said
    code, said = run(etc, None, "share", "--relay", RELAY, configuration="[policy]\nmay-ask = 1\n", home=tmp_path)
    assert (code, "config.toml: line 2: may-ask: write true or false." in said) == (2, True), said


def test_without_a_policy_everything_is_as_usual(etc, tmp_path):
    code, said = run(etc, None, "share", "--relay", RELAY, "--display", ":987", home=tmp_path)
    assert (code, "policy" in said) == (1, False), said
    code, said = run(etc, None, "policy", "show", home=tmp_path)
    assert code == 0 and said.count("from: the default") == 12
