"""How the development command begins."""

import socket

import pytest
from django.core.management.base import CommandError

from cantho_smart.management.commands import dev


def test_a_taken_port_is_said_before_anything_begins():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} is taken"):
            dev.refuse_taken(range(port, port + 1))
    dev.refuse_taken(range(port, port + 1))


def test_the_signal_that_ends_make_ends_the_server_too():
    """The recipe must not leave a shell between make and the command: it would die alone."""
    import pathlib

    makefile = (pathlib.Path(__file__).parents[2] / "Makefile").read_text("utf-8")
    recipe = makefile.split("\nrun:")[1].split("\n\n")[0].splitlines()
    assert len(recipe) == 2
    assert recipe[1].startswith("\t@exec env ")
