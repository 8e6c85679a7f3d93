"""What the package installs for shells to complete a command line is read by these shells, and offers what there is."""

import pytest
from deployed import PROGRAMS, commands, run
from scenarios import require

SHELLS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}


@pytest.mark.parametrize("program", ["ra-relay", "ra-connect", "ra-probe"])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_reads_the_script_and_every_option_is_in_it(program, shell, tmp_path):
    require(shell, lab=False)
    script = tmp_path / program
    script.write_text(run(PROGRAMS / program, "--generate-completion-script", shell))
    run(*SHELLS[shell], script, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"})
    text = script.read_text()
    for command in commands(program).values():
        for argument in command["arguments"]:
            for name in argument.get("names", []):
                assert name["name"] in text


def test_bash_completes_a_command_and_its_options(tmp_path):
    script = tmp_path / "ra-relay"
    script.write_text(run(PROGRAMS / "ra-relay", "--generate-completion-script", "bash"))
    ask = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9;'
           ' _ra-relay "$1" "${!#}" ""; printf "%s\\n" "${COMPREPLY[@]}"')
    assert "serve" in run("bash", "-c", ask, script, "ra-relay", "se").split()
    assert "--relay-ports" in run("bash", "-c", ask, script, "ra-relay", "serve", "--rel").split()
