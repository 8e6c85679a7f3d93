"""The manual pages say each option, and no other; every reader of manuals reads them without a complaint."""

import json
import re

import pytest
from deployed import DEPLOY, PROGRAMS, commands, run
from scenarios import require

PAGES = sorted((DEPLOY / "man").glob("*.1"))


@pytest.fixture(scope="module")
def settings_pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man")
    for name in ("ra-relay.toml", "ra-connect-policy.toml"):
        (folder / f"{name}.5").write_text(run(DEPLOY / "man" / "settings-page", DEPLOY / name))
    return sorted(folder.glob("*.5"))


def test_the_policy_documents_every_key(settings_pages):
    """And its lines, uncommented, are a good policy with the defaults that it says."""
    text = (DEPLOY / "ra-connect-policy.toml").read_text()
    known = [line["key"] for line in json.loads(run(PROGRAMS / "ra-connect", "policy", "show", "--json"))["settings"]]
    assert re.findall(r"^# ([a-z-]+) = ", text, re.M) == known
    written = settings_pages[0].parent / "policy.toml"
    written.write_text(re.sub(r"^# ([a-z-]+ = )", r"\1", text, flags=re.M))
    checked = json.loads(run(PROGRAMS / "ra-connect", "policy", "check", "--json", written))["settings"]
    assert {line["from"] for line in checked} == {"administrator"}
    written.write_text(text)
    defaults = {line["key"]: line["value"] for line in
                json.loads(run(PROGRAMS / "ra-connect", "policy", "check", "--json", written))["settings"]}
    for key, value in re.findall(r"^# ([a-z-]+) = (.+)  # default$", text, re.M):
        assert defaults[key] == json.loads(value)
    for key in re.findall(r"^# ([a-z-]+) = .+  # example$", text, re.M):
        assert defaults[key] is None


def documented(page):
    """The options of each `.Ss` of the part COMMANDS."""
    found, command = {}, None
    for line in page.read_text().split(".Sh COMMANDS\n")[1].split("\n.Sh ")[0].splitlines():
        if line.startswith(".Ss "):
            command = found.setdefault(line.removeprefix(".Ss "), set())
        elif line.startswith(".It Fl"):
            command |= {"-" + name for name in re.findall(r"\bFl (\S+)", line)}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_every_option_of_every_command_and_no_other(page):
    pages = documented(page)
    described = commands(page.stem)
    assert set(pages) == set(described)
    # --version and --help, which every command has, stand with the program alone.
    general = {"-h", "--help", "--version"}
    for name, command in described.items():
        options = {
            ("-" if spelling["kind"] == "short" else "--") + spelling["name"]
            for argument in command["arguments"] for spelling in argument.get("names", [])}
        assert pages[name] == (options if name == page.stem else options - general), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_synopsis_names_every_command(page):
    synopsis = page.read_text().split(".Sh SYNOPSIS\n")[1].split(".Sh ")[0]
    shown = set(re.findall(r"^\.Cm (.+)$", synopsis, re.M)) or {""}
    leaves = {
        name.removeprefix(page.stem).strip() for name, command in commands(page.stem).items()
        if not [inner for inner in command.get("subcommands", []) if inner["commandName"] != "help"]}
    assert shown == leaves


def test_a_settings_page_has_every_key_of_the_documented_file(settings_pages):
    for page in settings_pages:
        keys = re.findall(r"^# ([a-z-]+) = ", (DEPLOY / page.stem).read_text(), re.M)
        assert re.findall(r"^\.It Cm (\S+)", page.read_text(), re.M) == keys
        assert len(keys) > 10


def test_every_reader_of_manuals_accepts_them(settings_pages):
    require("mandoc", "man", lab=False)
    for page in [*PAGES, *settings_pages]:
        assert run("mandoc", "-T", "lint", "-W", "warning", page) == ""
        done = run("sh", "-c", 'man --warnings -E UTF-8 -l -Tutf8 -Z "$0" 2>&1 >/dev/null', page, env=quiet())
        assert done == "", done


def quiet():
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"}


def test_a_page_refers_only_to_pages_that_are_there(settings_pages):
    known = {f"{path.stem} {path.suffix[1:]}" for path in [*PAGES, *settings_pages]}
    for page in [*PAGES, *settings_pages]:
        assert set(re.findall(r"^\.Xr (\S+ \d)", page.read_text(), re.M)) <= known
    for name in re.findall(r"man:([\w.-]+)\((\d)\)", (DEPLOY / "systemd" / "ra-relay.service").read_text()):
        assert " ".join(name) in known
