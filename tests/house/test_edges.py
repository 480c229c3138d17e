"""The edges of the server: whatever is asked, the answer is a problem and never HTML."""

import pytest


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/api/v1/services/2.000635/", 404, "not_found"),
        ("PUT", "/api/v1/services", 405, "method_not_allowed"),
        ("DELETE", "/api/v1/lookup", 405, "method_not_allowed"),
        ("GET", "/problems/nothing", 404, "not_found"),
    ],
)
def test_an_address_or_method_that_is_not_there(anonymous, method, path, status, code):
    answer = anonymous.client.generic(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    if status == 405:
        assert answer["Allow"]


def test_a_body_of_another_kind_is_refused(anonymous):
    answer = anonymous.client.post(
        "/api/v1/lookup", data="dossier_code=x", content_type="application/x-www-form-urlencoded"
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_an_answer_in_another_form_is_refused(anonymous):
    answer = anonymous.get("/api/v1/services", Accept="text/html")
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


def test_a_failure_of_ours_shows_no_traceback(anonymous, monkeypatch):
    from services import queries

    def fail(*args, **kwargs):
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr(queries, "search", fail)
    answer = anonymous.get("/api/v1/services")
    assert (answer.status_code, answer.json()["code"]) == (500, "server_error")
    assert "secret inside" not in answer.content.decode()
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_the_request_id_is_taken_over_when_it_is_well_formed(anonymous):
    given = anonymous.get("/api/v1/services", **{"X-Request-ID": "dien-thoai-0001"})
    assert given["X-Request-ID"] == "dien-thoai-0001"
    made = anonymous.get("/api/v1/services", **{"X-Request-ID": "x\ny"})
    assert made["X-Request-ID"] != "x\ny"


def test_every_problem_has_a_page(anonymous):
    items = anonymous.get("/problems").json()["items"]
    assert len(items) > 60
    for item in items:
        assert anonymous.get(f"/problems/{item['code']}").status_code == 200


def test_the_documents_are_served_and_say_the_same(anonymous):
    import json

    served = json.loads(anonymous.get("/openapi.json").content)
    assert served["openapi"].startswith("3.1")
    assert anonymous.get("/docs").status_code == 200
    assert anonymous.get("/redoc").status_code == 200
    assert anonymous.get("/livez").json() == {"status": "ok"}


def test_not_ready_without_a_worker(anonymous):
    answer = anonymous.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["parts"] == {"database": True, "worker": False}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "development-only-secret-key-of-no-value-at-all-0123456789"),
        ("BILLER_API_KEY", ""),
        ("BILLER_API_KEY", "biller_mock_of_no_value"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:///x.db"),
        ("ALLOWED_HOSTS", ""),
        ("FILE_SCANNER", ""),
        ("EMAIL_URL", ""),
        ("APP_ENV", "staging"),
        ("VNPAY_HASH_SECRET", ""),
        ("VNPAY_HASH_SECRET", "vnpay-mock-of-no-value"),
        ("VNPAY_TMN_CODE", ""),
        ("VNPAY_TMN_CODE", "CTS-0001"),
        ("VNPAY_IP_ADDR", ""),
        ("VNPAY_API_URL", "http://sandbox.vnpayment.vn/merchant_webapi/api/transaction"),
    ],
)
def test_production_refuses_what_is_unsafe(name, value):
    import os
    import subprocess
    import sys

    safe = {
        "APP_ENV": "prod",
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "k" * 60,
        "VAULT_KEYS": "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
        "BLIND_INDEX_KEY": "b" * 40,
        "JWT_PRIVATE_KEY": "pem",
        "SIGNING_PASSWORD": "p" * 20,
        "STRIPE_SECRET_KEY": "sk_live_x",
        "STRIPE_WEBHOOK_SECRETS": "whsec_x",
        "PAYMENT_METHODS": "card=stripe,vnpay=vnpay",
        "VNPAY_PAY_URL": "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html",
        "VNPAY_API_URL": "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction",
        "VNPAY_TMN_CODE": "CTS00001",
        "VNPAY_HASH_SECRET": "v" * 32,
        "VNPAY_IP_ADDR": "203.0.113.7",
        "BILLER_API_KEY": "b" * 20,
        "ALLOWED_HOSTS": "api.example.vn",
        "DATABASE_URL": "postgresql://app@db/cantho",
        "DATABASE_OWNER_URL": "postgresql://owner@db/cantho",
        "MEDIA_ROOT": "/srv/files",
        "FILE_SCANNER": "x.Scanner",
        "EMAIL_URL": "smtp+tls://user:word@mail.example:587",
    }

    def load(environment):
        return subprocess.run(
            [sys.executable, "-c", "import cantho_smart.settings"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert load(safe).returncode == 0, load(safe).stderr
    if name.startswith("VNPAY_"):  # who takes cards only needs none of it
        by_card = {k: v for k, v in safe.items() if not k.startswith("VNPAY_")}
        assert load({**by_card, "PAYMENT_METHODS": "card=stripe"}).returncode == 0
    refused = load({**safe, name: value})
    assert refused.returncode != 0
    assert "ImproperlyConfigured" in refused.stderr


def test_production_starts_on_the_settings_of_the_example(tmp_path):
    """Every name of `.env.example`, filled in, is read and passes every check of a deployment."""
    import os
    import pathlib
    import subprocess
    import sys

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    example = pathlib.Path(__file__).parents[2] / ".env.example"
    lines = [line for line in example.read_text("utf-8").splitlines() if line and line[0] != "#"]
    filled = {
        "SECRET_KEY": "kS7-qZ" * 20,
        "VAULT_KEYS": "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA=",
        "BLIND_INDEX_KEY": "b" * 40,
        "JWT_PRIVATE_KEY": key.decode().replace("\n", "\\n"),
        "SIGNING_PASSWORD": "p" * 20,
        "STRIPE_SECRET_KEY": "sk_live_x",
        "STRIPE_WEBHOOK_SECRETS": "whsec_x",
        "BANK_TOKEN": "b" * 20,
        "BANK_NOTICE_SECRETS": "n" * 20,
        "VNPAY_TMN_CODE": "CTS00001",
        "VNPAY_HASH_SECRET": "v" * 32,
        "VNPAY_IP_ADDR": "203.0.113.7",
        "BILLER_API_KEY": "b" * 20,
        "CODE_GATEWAY_TOKEN": "t" * 20,
        "MEDIA_ROOT": str(tmp_path),
        # No database or cache listens at the example's hosts: these checks ask settings only.
        "CACHE_URL": "locmemcache://",
    }
    environment = dict(line.split("=", 1) for line in lines) | filled
    environment["PATH"] = os.environ["PATH"]
    assert all(environment.values()), [name for name, value in environment.items() if not value]
    checked = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "check",
            "--deploy",
            "--tag",
            "security",
            "--fail-level",
            "WARNING",
        ],
        env=environment,
        cwd=example.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    del environment["CODE_GATEWAY"]
    refused = subprocess.run(
        [sys.executable, "manage.py", "check", "--tag", "security"],
        env=environment,
        cwd=example.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "citizens.E001" in refused.stderr


def test_demonstration_people_are_refused_in_production(settings, db):
    from django.core.management import call_command
    from django.core.management.base import CommandError

    settings.DEVELOPMENT = False
    with pytest.raises(CommandError):
        call_command("seed", "demo")
