"""Completion of ``xinwen`` in bash, zsh and fish: the names of commands here, options as the commands name them."""

from __future__ import annotations

import re
import subprocess
import sys

SCRIPTS = {
    "bash": """\
_xinwen() {
    local IFS=$'\\n'
    local word="${COMP_WORDS[COMP_CWORD]}"
    COMPREPLY=($(compgen -W "$(xinwen completion words "${COMP_WORDS[@]:1:COMP_CWORD-1}")" -- "$word"))
    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -F _xinwen xinwen
""",
    "zsh": """\
#compdef xinwen
_xinwen() {
    local -a found
    found=(${(f)"$(xinwen completion words ${words[2,CURRENT-1]})"})
    compadd -a found || _files
}
(( $+functions[compdef] )) || { autoload -Uz compinit; compinit; }
compdef _xinwen xinwen
""",
    "fish": """\
complete -c xinwen -a "(xinwen completion words (commandline -opc)[2..-1])"
""",
}

USAGE = """\
补全 · Completion for a shell: xinwen completion bash|zsh|fish

  bash:  eval "$(xinwen completion bash)"          in ~/.bashrc
  zsh:   eval "$(xinwen completion zsh)"           in ~/.zshrc
  fish:  xinwen completion fish | source           in ~/.config/fish/config.fish"""

_COMMANDS = "─ Commands ─"  # above the commands of a command such as watch, one a line
_COMMAND = re.compile(r"^│ ([a-z][a-z-]*) ", re.M)
_OPTION = re.compile(r"(?<![\w-])(?:--[a-z][a-z-]*|-[a-z](?![\w-]))")


def completion(arguments: list[str], names: list[str]) -> int:
    """The command ``completion``: print the script for a shell, or the words that may follow *arguments*."""
    if arguments[:1] == ["words"]:
        sys.stdout.write("\n".join(words_after(arguments[1:], names)))
        return 0
    script = SCRIPTS.get(arguments[0]) if len(arguments) == 1 else None
    if script is None and arguments not in (["--help"], ["-h"]):
        sys.stderr.write(f"error: name one shell: {', '.join(SCRIPTS)}\n")
        return 2
    sys.stdout.write(script or USAGE + "\n")
    return 0


def words_after(arguments: list[str], names: list[str]) -> list[str]:
    """What may stand after *arguments*: names of commands, or options of the one that they begin with."""
    if not arguments:
        return names
    if arguments[0] == "completion":
        return [*SCRIPTS]
    text = _help_of(arguments[0])
    if commands := _COMMAND.findall(text.partition(_COMMANDS)[2]):
        if len(arguments) == 1 or arguments[1] not in commands:
            return [*commands]
        text = _help_of(arguments[0], arguments[1])
    return sorted(set(_OPTION.findall(text)))


def _help_of(*command: str) -> str:
    asked = [sys.executable, "-m", "xinwen", *command, "--help"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout
