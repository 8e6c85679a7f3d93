"""The deploy hook of an ACME client: a running relay shows the renewed certificate, and a wrong pair changes nothing."""

import os
import re
import subprocess

import pytest
from deployed import DEPLOY, PROGRAMS, need_root, netns, run, running
from scenarios import RA_RELAY, require

HOOK = DEPLOY / "certificates" / "deploy-hook"


@pytest.fixture
def host(tmp_path):
    require("openssl", "nsenter", lab=False)
    need_root()
    return Host(tmp_path)


class Host:
    """Folders as the hook expects them, a renewed lineage, and a `systemctl` that reloads this test's relay."""

    def __init__(self, folder):
        self.folder = folder
        self.lineage = folder / "live" / "turn.example.org"
        self.tls = folder / "ra-relay" / "tls"
        self.programs = folder / "bin"
        for made in (self.lineage, self.tls.parent, self.programs):
            made.mkdir(parents=True)
        self.configuration = self.tls.parent / "ra-relay.toml"
        self.configuration.write_text(
            f'tls-cert = "{self.tls}/fullchain.pem"\ntls-key = "{self.tls}/privkey.pem"\nlisten = ["127.0.0.1"]\n')
        self.said = folder / "systemctl.txt"
        self.pid = folder / "pid"
        systemctl = self.programs / "systemctl"
        systemctl.write_text(f'#!/bin/sh\necho "$@" >>{self.said}\n[ ! -e {self.pid} ] || kill -HUP "$(cat {self.pid})"\n')
        systemctl.chmod(0o755)

    def renew(self, key=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
        """A new certificate and its key; gives its fingerprint."""
        run("openssl", "req", "-x509", "-newkey", *key, "-nodes", "-days", "30",
            "-subj", "/CN=turn.example.org", "-keyout", self.lineage / "privkey.pem", "-out", self.lineage / "fullchain.pem")
        return run("openssl", "x509", "-in", self.lineage / "fullchain.pem", "-noout", "-fingerprint", "-sha256")

    def hook(self, **settings):
        """Runs the hook, with its paths in this test's folder."""
        text = HOOK.read_text().replace("/etc/ra-relay", str(self.tls.parent)).replace("group=ra-relay", "group=root")
        for key, value in settings.items():
            text = re.sub(rf"(?m)^{key}=.*$", f"{key}={value}", text)
        return subprocess.run(
            ["sh", "-c", text], capture_output=True, text=True, timeout=30,
            env={"PATH": f"{self.programs}:{PROGRAMS}:{os.environ['PATH']}", "RENEWED_LINEAGE": str(self.lineage)})

    def relay(self):
        return running(netns(RA_RELAY, "serve", "--config", self.configuration, "--state", self.folder / "state"))

    def shown(self, relay):
        """The fingerprint of the certificate that the relay shows now."""
        text = run("nsenter", "--net", "--target", relay.pid, "openssl", "s_client", "-connect", "127.0.0.1:3478",
                   stdin=subprocess.DEVNULL)
        return run("openssl", "x509", "-noout", "-fingerprint", "-sha256", input=text)


def test_a_running_relay_shows_the_renewed_certificate(host):
    host.renew()
    assert host.hook().returncode == 0
    with host.relay() as (relay, _):
        host.pid.write_text(str(relay.pid))
        renewed = host.renew()
        assert host.shown(relay) != renewed
        done = host.hook()
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        # A signal, unlike systemd, does not wait for its end.
        for _ in range(200):
            if host.shown(relay) == renewed:
                break
        assert host.shown(relay) == renewed
    assert host.said.read_text() == "reload-or-restart ra-relay\n" * 2
    assert {path.name for path in host.tls.iterdir()} == {"fullchain.pem", "privkey.pem"}
    assert [oct(path.stat().st_mode)[-3:] for path in (host.tls, host.tls / "privkey.pem")] == ["750", "640"]


def test_a_pair_that_does_not_belong_together_changes_nothing(host):
    host.renew()
    host.hook()
    before = {path: path.read_bytes() for path in host.tls.iterdir()}
    key = (host.lineage / "privkey.pem").read_bytes()
    host.renew()
    (host.lineage / "privkey.pem").write_bytes(key)
    done = host.hook()
    assert done.returncode != 0 and "belong together" in done.stderr
    assert {path: path.read_bytes() for path in host.tls.iterdir()} == before
    assert host.said.read_text().count("\n") == 1


def test_a_pair_that_the_relay_refuses_changes_nothing(host):
    host.renew()
    host.hook()
    before = {path: path.read_bytes() for path in host.tls.iterdir()}
    host.renew(key=["rsa:1024"])
    done = host.hook()
    assert done.returncode != 0 and "RSA needs 2048 bits" in done.stderr, done.stderr
    assert {path: path.read_bytes() for path in host.tls.iterdir()} == before
    assert host.said.read_text().count("\n") == 1


#: Runs the rest with a user ra-relay on this host.
WITH_ACCOUNT = """
cp /etc/passwd "$0/passwd"; grep -q ^ra-relay: "$0/passwd" || echo ra-relay:x:64123:64123::/:/bin/false >>"$0/passwd"
mount --bind "$0/passwd" /etc/passwd && exec "$@"
"""


def test_root_is_told_what_the_services_user_cannot_read(host):
    """certbot's folder is root's alone: a relay with these paths would not start."""
    host.renew()
    keys = host.folder / "keys"
    keys.mkdir(mode=0o700)
    for file in ("fullchain.pem", "privkey.pem"):
        (keys / file).write_bytes((host.lineage / file).read_bytes())
    host.configuration.write_text(f'tls-cert = "{keys}/fullchain.pem"\ntls-key = "{keys}/privkey.pem"\n')

    def check():
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", WITH_ACCOUNT, str(host.folder), RA_RELAY, "check-config", host.configuration],
            capture_output=True, text=True, timeout=30)

    done = check()
    assert done.returncode == 2 and "the user ra-relay, as whom the service runs, cannot" in done.stderr, done
    for path in (keys, *host.folder.parents, host.folder):
        if path.stat().st_mode & 0o001 == 0:
            path.chmod(path.stat().st_mode | 0o011)
    (keys / "privkey.pem").chmod(0o644)
    done = check()
    assert done.returncode == 0 and "good" in done.stdout, done


def test_another_names_certificate_is_not_the_relays(host):
    host.renew()
    assert host.hook(name="www.example.org").returncode == 0
    assert not host.tls.exists()
    assert host.hook(name="turn.example.org").returncode == 0
    assert host.tls.exists()
