"""A signed paper and what pdfsig says of it; an officer's second factor."""

import os
import pathlib
import subprocess
import time

os.environ.setdefault("APP_ENV", "dev")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cantho_smart.settings")

import django

django.setup()

from allauth.mfa.totp.internal import auth as totp

from common import clock, documents, signing
from dossiers.actions.papers import TEMPLATES
from seeds.people import PASSWORD, TOTP_SECRET

__all__ = ["PASSWORD"]


def second_factor() -> str:
    """Return the code that a synthetic officer's phone shows now."""
    return str(totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, int(time.time()) // 30)))


def result() -> bytes:
    """Return a result as the worker makes it, with invented content."""
    content = {
        "kind": "result",
        "title": "Kết quả giải quyết",
        "form_number": "",
        "agency": "Trung tâm Phục vụ hành chính công phường Ninh Kiều",
        "competent": "Ủy ban nhân dân phường Ninh Kiều",
        "code": "H13.022-261123-0001",
        "pin": "abc123",
        "service_code": "2.000635",
        "service_name": "Cấp bản sao Trích lục hộ tịch, bản sao Giấy khai sinh",
        "applicant": "Nguyễn Thị Lan",
        "at": "09 giờ 00, ngày 23/11/2026",
        "submitted_at": "08 giờ 00, ngày 23/11/2026",
        "due_at": "",
        "results": ["Bản sao Trích lục hộ tịch"],
        "number": "TL-01",
        "text": "Cấp 02 bản sao",
        "signer": "Người có thẩm quyền ký",
        "papers": [],
        "qr": documents.qr_svg("https://cantho-smart.example/t/x"),
    }
    pdf = documents.pdf(TEMPLATES / "paper.typ", content)
    return signing.sign(pdf, reason="Kết quả giải quyết", now=clock.now())


def pdfsig(file: pathlib.Path) -> str:
    """Return what pdfsig says, without asking the system's certificates."""
    return subprocess.run(
        ["pdfsig", "-nocert", str(file)], capture_output=True, text=True, check=False
    ).stdout
