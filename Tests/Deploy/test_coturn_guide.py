"""The guide for coturn's users: its options are coturn's, its keys are ours, and the file it ends with does what it says."""

import re
import subprocess

import pytest
from deployed import DEPLOY, PROGRAMS, ROOT, commands, netns, need_root, run, running
from scenarios import require

GUIDE = (ROOT / "docs" / "coturn.md").read_text()
WALK, _, EVERY = GUIDE.partition("## Each option")
TABLE = re.compile(r"^\| (?!coturn|turnserver\.conf|---)(.+?) \| (.+) \|$", re.M)
ROWS = TABLE.findall(EVERY)
CONF, TOML = (re.findall(rf"```{kind}\n(.*?)```", WALK, re.S)[0] for kind in ("", "toml"))

#: What coturn 4.17 has and Debian's does not.
LATER = set("""
cli cpus drain-min-allocations drop-invalid-packets drop-invalid-packets-log dtls include-reason-string log-min-level mongo-userdb
multiplex-peer multiplex-peer-max-peers multiplex-peer-port prometheus prometheus-address prometheus-cert prometheus-key
prometheus-path prometheus-port prometheus-tls prometheus-username-labels raw-public-keys respond-http-unsupported
rfc3489-compatibility rfc5766-channel-numbers rfc5780 sock-buf-size software-attribute stateless-nonce stateless-nonce-secret
stun-backward-compatibility tcp-alternate-server tlsv1 tlsv1_1 udp-alternate-server udp-gso udp-recvmmsg udp-recvmmsg-log
udp-sendmmsg-log unauthorized-ratelimit unauthorized-ratelimit-rps
""".split())
#: What coturn had before Debian's, and is still in many a file; and what its help spells otherwise.
FORMER = {"no-loopback-peers"}


def options_in(cell):
    return [name for name in re.findall(r"`([^`]+)`", cell)]


def options_of_coturn():
    """Those that the installed turnserver's help speaks of, without the ones that only print something."""
    require("turnserver", lab=False)
    said = subprocess.run(["turnserver", "--help"], capture_output=True, text=True)
    said = (said.stdout + said.stderr).partition("Options:")[2]
    begun = re.findall(r"^ {0,6}(-.+?)(?:\t|  |$)", said, re.M)
    names = {name for line in begun for name in re.findall(r"(?:^|[\s,])--?([A-Za-z][A-Za-z0-9_-]*)", line)}
    return names - {"h", "version"}


def test_every_option_has_one_row():
    left = [name for cell, _ in ROWS for name in options_in(cell)]
    assert sorted(options_of_coturn() | LATER | FORMER) == sorted(left)


def test_a_key_in_the_right_column_is_one_of_ours():
    keys = set(re.findall(r"^# ([a-z-]+) = ", (DEPLOY / "ra-relay.toml").read_text(), re.M))
    named = {found for _, right in TABLE.findall(GUIDE)
             for found in re.findall(r"`([a-z]+(?:-[a-z]+)*)(?: = [^`]*)?`", right)}
    assert sorted(named - keys - {"allowed-peer-ip", "rfc5780", "wmem_max", "tc"}) == []
    options = {"--" + spelling["name"] for command in commands("ra-relay").values()
               for argument in command["arguments"] for spelling in argument.get("names", [])}
    assert set(re.findall(r"(?<=[` ])--[a-z][a-z-]+", GUIDE)) <= options


def test_every_line_of_the_file_is_explained():
    lines = [line.partition("=")[0] for line in CONF.splitlines() if not line.startswith("#")]
    explained = [name for cell, _ in TABLE.findall(WALK) for name in options_in(cell)]
    assert list(dict.fromkeys(lines)) == [name for name in dict.fromkeys(lines) if name in explained]
    assert set(explained) == set(lines) and len(explained) == len(set(explained))
    # And what is said to become of it is in the other file.
    keys = re.findall(r"^([a-z-]+) = ", TOML, re.M)
    assert set(keys) <= {name for _, cell in TABLE.findall(WALK) for name in re.findall(r"`([a-z-]+)(?: = [^`]*)?`", cell)}


#: The relay's network, with a wire to the peers', whose process is $0.
NETWORK = """
ip link add wire type veth peer name wire netns $0
ip addr add 10.0.0.7/24 dev wire; ip link set wire up
ip route add 10.20.0.0/16 dev wire; ip route add 10.30.0.0/16 dev wire
there() { nsenter --net --target $0 "$@"; }
there ip addr add 10.20.0.1/32 dev wire; there ip addr add 10.30.0.1/32 dev wire
there ip link set wire up; there ip route add 10.0.0.0/24 dev wire
exec "$@"
"""


#: The guide's, and what a reader has in its place.
SECRET = re.search(r"^static-auth-secret=(\w+)$", CONF, re.M)[1]
OWN_SECRET = "f" * 32


@pytest.fixture
def translated(tmp_path):
    """The file as it stands, but for the certificate and the secret, which are the reader's, and for the address of
    documentation, which is no public one."""
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=turn.example.org", "-days", "30",
        "-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem")
    file = tmp_path / "ra-relay.toml"
    file.write_text(TOML.replace("/etc/ra-relay/tls", str(tmp_path)).replace("203.0.113.7", "11.22.33.44").replace(SECRET, OWN_SECRET))
    return file


def test_the_secret_that_everybody_can_read_is_refused(translated):
    translated.write_text(translated.read_text().replace(OWN_SECRET, SECRET))
    checked = subprocess.run([PROGRAMS / "ra-relay", "check-config", translated], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 2 and "openssl rand -hex 32" in checked.stderr, checked.stderr


def test_the_translated_file_is_good(translated):
    assert "good" in run(PROGRAMS / "ra-relay", "check-config", translated)


def test_what_the_translated_file_changes_is_brought_into_force():
    """Some of its keys wait for a restart, so the last step is none that only reloads."""
    documented = (DEPLOY / "ra-relay.toml").read_text()
    waiting = [key for key in re.findall(r"^([a-z-]+) = ", TOML, re.M)
               if re.search(rf"\(restart\)\n(?:# .*\n)*?# {key} = ", documented)]
    assert {"listen", "external-ip", "metrics"} <= set(waiting)
    steps = re.findall(r"^systemctl .*$", WALK, re.M)
    assert steps == ["systemctl restart ra-relay"]


@pytest.mark.parametrize("transport", [[], ["-t"], ["-S"], ["-t", "-S"]], ids=["udp", "tcp", "dtls", "tls"])
def test_coturns_client_is_served_by_the_translated_file(translated, tmp_path, transport):
    """With the secret of the former file, on its addresses, to a peer that it allowed; and to one that it denied not."""
    need_root()
    require("turnutils_uclient", "turnutils_peer", lab=False)
    assert f"-W {SECRET} -u anybody" in WALK
    peers = subprocess.Popen(["unshare", "--net", "sleep", "120"])
    try:
        serve = [PROGRAMS / "ra-relay", "serve", "--config", translated, "--state", tmp_path / "state",
                 "--drain-deadline", "1s"]  # who was denied leaves an allocation
        with running(netns("sh", "-c", NETWORK, str(peers.pid), *serve)) as (relay, _):
            def send_to(peer):
                options = [*transport, "-p", "5349" if "-S" in transport else "3478", "-c", "-n", "5"]
                there = subprocess.Popen(["nsenter", "--net", "--target", str(peers.pid), "turnutils_peer", "-L", peer, "-p", "3480"])
                try:
                    done = subprocess.run(
                        ["nsenter", "--net", "--target", str(relay.pid), "turnutils_uclient", *options, "-W", OWN_SECRET,
                         "-u", "anybody", "-e", peer, "-r", "3480", "10.0.0.7"], capture_output=True, text=True, timeout=60)
                finally:
                    there.kill()
                    there.wait()
                return done.stdout + done.stderr
            allowed, denied = send_to("10.20.0.1"), send_to("10.30.0.1")
            assert "Total lost packets 0 (0.000000%)" in allowed and "error 403" not in allowed, allowed
            assert "error 403" in denied, denied
    finally:
        peers.kill()
        peers.wait()


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", GUIDE))
def test_a_link_leads_somewhere(link):
    file, _, heading = link.partition("#")
    text = (ROOT / "docs" / file).read_text()
    headings = {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
                for line in text.splitlines() if line.startswith("#")}
    assert not heading or heading in headings
