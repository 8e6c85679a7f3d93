"""The Debian packages, in a root of their own that knows nothing of Swift: installed, run, upgraded, removed, purged."""

import pathlib
import re
import shlex
import shutil
import socket

import pytest
from deployed import DEPLOY, PROGRAMS, ROOT, need_root, page, run, running
from lab.loopback import LocalHost
from scenarios import require
from scenarios.database import Database

NAMES = ("ra-relay", "ra-connect")
CONFIGURATION = "etc/ra-relay/ra-relay.toml"


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The packages by their names, as `make package` makes them."""
    require("dpkg-buildpackage", "dh", "lintian", "mmdebstrap", lab=False)
    out = tmp_path_factory.mktemp("packages")
    run(ROOT / "Tools" / "package", out)
    found = {path.name.split("_")[0]: path for path in out.glob("*.deb")}
    assert set(found) == set(NAMES)
    return found


def test_the_changelog_and_the_programs_agree_about_the_version():
    first = (DEPLOY / "debian" / "changelog").read_text().splitlines()[0]
    for program in ("ra-relay", "ra-connect", "ra-probe"):
        assert f"({run(PROGRAMS / program, '--version').strip()})" in first


@pytest.mark.slow
def test_the_packages_live_as_debian_wants_it(packages, tmp_path, tmp_path_factory):
    """One tree, step by step: each step needs the one before."""
    run("lintian", "--allow-root", "--fail-on", "error", *packages.values())
    need_root()
    root = scratch_root(tmp_path / "root", packages)
    try:
        installed(root, packages)
        linked(root, packages)
        secret = started(root)
        works_with_a_database(root, tmp_path_factory.mktemp("pg"))
        upgraded(root, packages, tmp_path)
        assert started(root) == secret
        removed(root)
        purged(root)
    finally:
        shutil.rmtree(root)


def scratch_root(root, packages):
    """A small Debian that has what the packages depend on, from where this machine has its own packages."""
    wanted = {"systemd"}
    for package in packages.values():
        for choice in run("dpkg-deb", "-f", package, "Depends").split(","):
            wanted.add(choice.split("|")[0].split("(")[0].strip())
    release = dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().splitlines() if "=" in line)
    sources = [path for path in [pathlib.Path("/etc/apt/sources.list"), pathlib.Path("/etc/apt/sources.list.d/debian.sources")]
               if path.exists()]
    run("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", f"--include={','.join(sorted(wanted))}",
        release["VERSION_CODENAME"].strip('"'), root, *sources)
    assert not list(root.glob("usr/**/libswiftCore*"))
    return root


def inside(root, *command):
    """Runs a command in the tree, without a network and without seeing this machine's processes."""
    return run("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c",
               'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"', root, *command,
               env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})


def install(root, *packages):
    for package in packages:
        shutil.copy(package, root / "tmp")
    inside(root, "dpkg", "--install", *(f"/tmp/{package.name}" for package in packages))
    for package in packages:
        (root / "tmp" / package.name).unlink()


def installed(root, packages):
    install(root, *packages.values())
    account = inside(root, "getent", "passwd", "ra-relay").split(":")
    assert account[5:] == ["/var/lib/ra-relay", "/usr/sbin/nologin\n"]
    # For root to write, for the relay to read, for nobody else.
    assert inside(root, "stat", "-c", "%U:%G %a", f"/{CONFIGURATION}") == "root:ra-relay 640\n"
    assert inside(root, "systemctl", "is-enabled", "ra-relay").strip() == "enabled"
    assert inside(root, "systemd-analyze", "verify", "--man=no", "/lib/systemd/system/ra-relay.service") == ""
    # Being there for contacts is each person's own decision.
    assert (root / "usr/lib/systemd/user/ra-connect-listen.service").exists()
    assert not list(root.glob("etc/systemd/user/*/ra-connect-listen.service"))
    for program in ("ra-relay", "ra-connect", "ra-probe"):
        assert "USAGE" in inside(root, program, "--help")
        for page in (f"usr/share/man/man1/{program}.1.gz", f"usr/share/bash-completion/completions/{program}",
                     f"usr/share/zsh/vendor-completions/_{program}", f"usr/share/fish/vendor_completions.d/{program}.fish"):
            assert (root / page).stat().st_size > 500, page
    assert (root / "usr/share/man/man5/ra-relay.toml.5.gz").exists()
    assert inside(root, "ra-relay", "check-config", f"/{CONFIGURATION}")
    assert (root / "usr/share/man/man5/ra-connect-policy.toml.5.gz").exists()
    assert "may-ask = true" in inside(root, "ra-connect", "policy", "check", "/usr/share/doc/ra-connect/examples/ra-connect-policy.toml")


def linked(root, packages):
    """Every library that a program names comes from a package that its own package depends on, and none is missing."""
    for package, programs in (("ra-relay", ["ra-relay"]), ("ra-connect", ["ra-connect", "ra-probe"])):
        depends = {re.split(r"[ (:]", choice.strip())[0]
                   for choice in re.split(r"[,|]", run("dpkg-deb", "-f", packages[package], "Depends"))}
        assert {"ra-relay": "libpq5", "ra-connect": "libsystemd0"}[package] in depends
        # Swift's own libraries are in the programs, the database's is the relay's alone, and no client has it.
        assert "libpq5" not in depends or package == "ra-relay"
        for program in programs:
            assert "not found" not in inside(root, "ldd", f"/usr/bin/{program}")
            needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "--dynamic", root / "usr/bin" / program)))
            assert not [library for library in needed if "swift" in library.lower() or "Foundation" in library]
            for library in needed - {"ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}:
                owners = {line.split(":")[0] for line in inside(root, "dpkg", "--search", f"*/{library}").splitlines()}
                assert owners & depends, f"{program} needs {library} of {owners}, and its package depends on {sorted(depends)}"


def works_with_a_database(root, folder):
    """A fleet of one: what the package brings speaks to PostgreSQL. (The path of its socket must be short.)"""
    require("psql", lab=False)
    host = LocalHost("database", folder)
    database = Database(host, folder, port=free_port())
    port = free_port()
    inside(root, "install", "--directory", "--owner=ra-relay", "--group=ra-relay", "--mode=0700", "/var/lib/ra-relay-of-fleet")
    try:
        with running([
                "unshare", "--mount", "sh", "-c", 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"', root,
                "setpriv", "--reuid=ra-relay", "--regid=ra-relay", "--clear-groups", "--no-new-privs", "--bounding-set=-all",
                "env", "-i", "STATE_DIRECTORY=/var/lib/ra-relay-of-fleet", "ra-relay", "serve", "--state", database.url,
                "--listen", "127.0.0.1", "--port", port, "--also-listen", ""]) as (relay, url):
            assert page(relay, "/readyz", port)[0] == 200
            assert database.query("SELECT url FROM node") == [url]
            assert len(database.query("SELECT value FROM setting")) == 1, "the secret is in the database"
            assert not (root / "var/lib/ra-relay-of-fleet/auth-secret").exists()
    finally:
        database.stop()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(root):
    """Runs the unit's command as its user, in a network of its own; what the relay's secret is."""
    unit = (root / "lib/systemd/system/ra-relay.service").read_text()
    command = shlex.split(re.search(r"^ExecStart=(.+)$", unit, re.M)[1])
    user, state = (re.search(rf"^{key}=(.+)$", unit, re.M)[1] for key in ("User", "StateDirectory"))
    state = f"/var/lib/{state}"
    inside(root, "install", "--directory", f"--owner={user}", f"--group={user}", "--mode=0700", state)
    with running([
            "unshare", "--net", "--mount", "sh", "-c",
            'ip link set lo up && mount -t proc proc "$0/proc" && exec chroot "$0" "$@"', root,
            "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs", "--bounding-set=-all",
            "env", "-i", f"STATE_DIRECTORY={state}", *command]) as (relay, url):
        assert url.startswith("http")
        assert page(relay, "/healthz") == (200, "ok\n")
        # As root, as the runbook has them.
        for command in (["status"], ["credentials", "mint", "--user", "test"]):
            assert inside(root, "env", "HOME=/root", "ra-relay", *command, "--config", f"/{CONFIGURATION}")
    return (root / state.lstrip("/") / "auth-secret").read_text()


def upgraded(root, packages, folder):
    """To a version that differs in its number alone; what the operator wrote stays."""
    written = root / CONFIGURATION
    written.write_text(written.read_text() + '\nrealm = "written.example"\n')
    tree = folder / "tree"
    run("dpkg-deb", "--raw-extract", packages["ra-relay"], tree)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*", "Version: 999.0", control.read_text()))
    newer = folder / "ra-relay_999.0.deb"
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, newer)
    install(root, newer)
    assert inside(root, "dpkg-query", "-W", "-f", "${Version} ${Status}", "ra-relay") == "999.0 install ok installed"
    assert "written.example" in written.read_text()
    assert inside(root, "stat", "-c", "%U:%G %a", f"/{CONFIGURATION}") == "root:ra-relay 640\n"


def removed(root):
    inside(root, "dpkg", "--remove", "ra-relay", "ra-connect")
    for path in ("usr/bin/ra-relay", "usr/bin/ra-connect", "usr/bin/ra-probe", "lib/systemd/system/ra-relay.service"):
        assert not (root / path).exists()
    assert (root / CONFIGURATION).exists() and (root / "var/lib/ra-relay/auth-secret").exists()


def purged(root):
    # What the deploy-hook leaves there.
    (root / "etc/ra-relay/tls").mkdir()
    (root / "etc/ra-relay/tls/privkey.pem").write_text("a key")
    inside(root, "dpkg", "--purge", *NAMES)
    left = [path for path in ("etc/ra-relay", "var/lib/ra-relay", "etc/systemd/system/multi-user.target.wants/ra-relay.service")
            if (root / path).exists() or (root / path).is_symlink()]
    assert not left
