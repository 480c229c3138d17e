"""How the development command begins."""

import os
import pathlib
import socket
import subprocess

import pytest
from django.core.management.base import CommandError

from cantho_smart.management.commands import dev

ROOT = pathlib.Path(__file__).parents[2]


def test_a_taken_port_is_said_before_anything_begins():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} is taken"):
            dev.refuse_taken(range(port, port + 1))
    dev.refuse_taken(range(port, port + 1))


def test_the_signal_that_ends_make_ends_the_server_too(tmp_path):
    """Nothing may stand between make and the command that would die and leave it behind."""
    stand_in = tmp_path / "python"
    stand_in.write_text("#!/bin/sh\necho begun\nexec sleep 60\n")
    stand_in.chmod(0o700)
    command = ["make", "--old-file", ".venv/.installed", "run", f"BIN={tmp_path}"]
    # As a person calls it: `make test` hands its own flags down to what it starts.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=plain, stdout=pipe, text=True) as make:
        assert make.stdout.readline() == "begun\n"
        make.terminate()
        # The pipe closes once nobody holds it any more, the command included.
        make.communicate(timeout=20)
