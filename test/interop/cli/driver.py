"""Runs many commands of python-openstackclient in one process: starting it costs seconds on a busy machine.

Standard input is one JSON object: "shells", the arguments of one shell for each name; "names", what $name stands for; "patience", the
seconds that a command or a state may take; and "steps" with "as" (a shell), "run" (what follows `openstack`), perhaps "keep" (the name under which later steps find the printed text) and
perhaps "until" (repeat until that word is printed, for the cloud takes its time). For each step a line of JSON follows: its exit
code and the end of what it printed. Nothing of the client is replaced: each command goes the way
that it goes in the client's own interactive mode.
"""

import json
import multiprocessing
import os
import shlex
import signal
import string
import sys
import tempfile
import time

from openstackclient import shell as client


class Shell(client.OpenStackShell):
    def interact(self):
        """Signed in and ready; the steps come from outside."""
        return 0


class TooLong(BaseException):
    """Not an Exception, which the client would take for its own."""


def give_up(*_):
    raise TooLong


def run(shell, words, patience):
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(patience)
    try:
        code = shell.run_subcommand(words)
    except SystemExit as leaving:
        code = leaving.code
    except TooLong:
        return -1
    finally:
        signal.alarm(0)
    return code if isinstance(code, int) else int(code is not None)


def captured(work):
    """The result of `work`, and what it wrote to the two standard streams, in this process or in those that it started."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        kept = os.dup(1), os.dup(2)
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        try:
            result = work()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, copy in zip((1, 2), kept):
                os.dup2(copy, number)
                os.close(copy)
        out.seek(0)
        err.seek(0)
        return result, out.read().decode(errors="replace"), err.read().decode(errors="replace")


def serve(arguments, patience, commands):
    """Runs the commands of one shell, in a process of its own: the client keeps its sessions in its classes."""
    shell = Shell()
    captured(lambda: shell.run(arguments))
    while True:
        words = commands.recv()
        commands.send(captured(lambda: run(shell, words, patience)))


def ask(shells, step, names):
    words = [string.Template(word).safe_substitute(names) for word in shlex.split(step["run"])]
    commands = shells[step["as"]]
    commands.send(words)
    return commands.recv()


def met(until, code, out):
    return until is None or (code != 0 if until == "gone" else until in out.split())


def perform(shells, step, names):
    until = step.get("until")
    deadline = time.monotonic() + shells.patience
    while True:
        code, out, err = ask(shells, step, names)
        if met(until, code, out):
            return (0 if until == "gone" else code), out, err
        if time.monotonic() > deadline:
            return -1, out, "not reached: " + until
        time.sleep(0.3)


class Shells(dict):
    def __init__(self, arguments, patience):
        super().__init__()
        self.arguments = arguments
        self.patience = patience

    def __missing__(self, name):
        """Starts a shell when it is first asked for: some sign in as users that an earlier step makes."""
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        context.Process(target=serve, args=(self.arguments[name], self.patience, theirs), daemon=True).start()
        self[name] = ours
        return ours


def main():
    plan = json.load(sys.stdin)
    shells = Shells(plan["shells"], plan["patience"])
    names = dict(plan["names"])
    for step in plan["steps"]:
        code, out, err = perform(shells, step, names)
        if "keep" in step:
            names[step["keep"]] = out.strip()
        print(json.dumps({"code": code, "out": out[-4000:], "err": err[-4000:]}), flush=True)


if __name__ == "__main__":
    main()
