"""What pdfsig says of a signed paper, and OpenSSL of who signed it; an officer's second factor."""

import os
import pathlib
import re
import subprocess
import time

os.environ.setdefault("APP_ENV", "dev")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cantho_smart.settings")

import django

django.setup()

from allauth.mfa.totp.internal import auth as totp
from django.conf import settings

from common.signing import authority
from seeds.people import PASSWORD, TOTP_SECRET

__all__ = ["PASSWORD"]


def second_factor() -> str:
    """Return the code that a synthetic officer's phone shows now."""
    return str(totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, int(time.time()) // 30)))


def pdfsig(file: pathlib.Path) -> str:
    """Return what pdfsig says, without asking the system's certificates."""
    return subprocess.run(
        ["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=False
    ).stdout


def openssl(file: pathlib.Path) -> str:
    """Return what OpenSSL says of the signature against our root, and nothing else it trusts."""
    pdf = file.read_bytes()
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", pdf)
    if found is None:
        return "no signature"
    start, length, again, rest = (int(one) for one in found.groups())
    container = pdf[start + length + 1 : again - 1].decode().rstrip("0")
    held = bytes.fromhex(container + "0" * (len(container) % 2))
    parts = {"signature.der": held, "content.bin": pdf[:length] + pdf[again : again + rest]}
    for name, data in parts.items():
        file.with_name(name).write_bytes(data)
    root = authority.generations(pathlib.Path(settings.SIGNING_DIR))[-1] / authority.ROOT
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-out", os.devnull]
    command += ["-in", str(file.with_name("signature.der")), "-purpose", "any"]
    command += ["-content", str(file.with_name("content.bin")), "-CAfile", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    for name in parts:
        file.with_name(name).unlink()
    return done.stderr
