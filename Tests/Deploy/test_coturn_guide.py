"""The guide for coturn's users: its options are coturn's, its keys are ours, and the file it ends with is good."""

import re
import subprocess

import pytest
from deployed import DEPLOY, PROGRAMS, ROOT, commands, run
from scenarios import require

GUIDE = (ROOT / "docs" / "coturn.md").read_text()
ROWS = re.findall(r"^\| (?!coturn|---)(.+?) \| (.+) \|$", GUIDE, re.M)
#: What an operator of coturn is likely to have in his file, by the issue.
COMMON = """
listening-port tls-listening-port alt-listening-port alt-tls-listening-port external-ip relay-ip min-port max-port
lt-cred-mech user use-auth-secret static-auth-secret realm total-quota user-quota allowed-peer-ip denied-peer-ip
no-multicast-peers no-loopback-peers cert pkey cipher-list no-udp no-tcp no-tls prometheus log-file syslog verbose
fingerprint stale-nonce proc-user pidfile no-cli redis-userdb psql-userdb mysql-userdb web-admin no-tcp-relay
""".split()


def test_every_common_option_has_a_row():
    left = " ".join(row[0] for row in ROWS)
    assert [name for name in COMMON if f"`{name}`" not in left] == []


def test_the_left_column_is_coturns():
    """What the installed turnserver does not know is of a later one, and stands in this list."""
    require("turnserver", lab=False)
    known = subprocess.run(["turnserver", "--help"], capture_output=True, text=True)
    known = set(re.findall(r"--?([A-Za-z][\w-]*)", known.stdout + known.stderr))
    later = {"no-loopback-peers", "userdb", "mongo-userdb", "prometheus", "prometheus-port", "prometheus-username-labels",
             "Verbose", "daemon", "no-tlsv1_1", "no-tlsv1_2", "no-tlsv1", "SIGHUP", "SIGUSR1", "SIGUSR2"}
    named = {name.lstrip("-") for left, _ in ROWS for name in re.findall(r"`([^`]+)`", left) if not name.endswith("*")}
    assert sorted(named - known - later) == []


def test_a_key_in_the_right_column_is_one_of_ours():
    keys = set(re.findall(r"^# ([a-z-]+) = ", (DEPLOY / "ra-relay.toml").read_text(), re.M))
    named = {found for _, right in ROWS for found in re.findall(r"`([a-z]+(?:-[a-z]+)*)(?: = [^`]*)?`", right)}
    assert sorted(named - keys - {"turnserver", "allowed-peer-ip"}) == []
    options = {"--" + spelling["name"] for command in commands("ra-relay").values()
               for argument in command["arguments"] for spelling in argument.get("names", [])}
    assert set(re.findall(r"(?<=[` ])--[a-z][a-z-]+", GUIDE)) <= options


def test_the_translated_file_is_good(tmp_path):
    blocks = re.findall(r"```toml\n(.*?)```", GUIDE, re.S)
    assert blocks
    for number, block in enumerate(blocks):
        # The certificate is the reader's; everything else is checked as it stands.
        file = tmp_path / f"{number}.toml"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=turn.example.org", "-days", "30",
            "-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem")
        file.write_text(block.replace("/etc/ra-relay/tls", str(tmp_path)))
        assert "good" in run(PROGRAMS / "ra-relay", "check-config", file)


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", GUIDE))
def test_a_link_leads_somewhere(link):
    file, _, heading = link.partition("#")
    text = (ROOT / "docs" / file).read_text()
    headings = {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
                for line in text.splitlines() if line.startswith("#")}
    assert not heading or heading in headings
