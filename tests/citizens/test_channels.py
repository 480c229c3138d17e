"""How codes leave: in development nowhere, in production by a gateway that was named."""

import http.server
import json
import threading

import pytest

from citizens import channels, checks
from citizens.models import DevMessage, User
from common.errors import OutsideError
from tests.citizens.test_sign_in_attacks import error, post

PHONE = "+84912345678"


class Carrier(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((self.headers["Authorization"], json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def carrier(settings):
    server = http.server.HTTPServer(("127.0.0.1", 0), Carrier)
    server.status, server.taken = 202, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.CODE_GATEWAY = "citizens.channels.HttpGateway"
    settings.CODE_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}/send"
    settings.CODE_GATEWAY_TOKEN = "secret-of-the-carrier"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_gateway_gets_the_code_and_nothing_is_kept_here(db, carrier):
    channels.code(to=PHONE, text="123456")
    assert carrier.taken == [("Bearer secret-of-the-carrier", {"to": PHONE, "text": "123456"})]
    assert not DevMessage.objects.exists()


@pytest.mark.parametrize(("status", "transient"), [(500, True), (503, True), (400, False)])
def test_a_gateway_that_refuses_is_no_success(db, carrier, status, transient):
    carrier.status = status
    with pytest.raises(OutsideError) as failure:
        channels.code(to=PHONE, text="123456")
    assert failure.value.transient is transient
    assert PHONE not in str(failure.value)


def test_a_gateway_that_is_down_is_503_at_the_sign_in(db, settings):
    settings.CODE_GATEWAY = "citizens.channels.HttpGateway"
    settings.CODE_GATEWAY_URL = "http://127.0.0.1:9/send"
    settings.CODE_GATEWAY_TOKEN = "secret"
    answer = post("/auth/signup", {"phone": PHONE, "password": "mat-khau-rat-dai-2026"})
    assert error(answer) == (503, "code_gateway_unavailable")
    assert int(answer["Retry-After"]) > 0
    assert not User.objects.filter(phone_verified=True).exists()


def test_a_code_by_mail_goes_by_mail(db, carrier, mailoutbox):
    channels.code(to="lan@thu.vn", text="123456")
    [mail] = mailoutbox
    assert (mail.to, mail.body) == (["lan@thu.vn"], "123456")
    assert carrier.taken == []


def test_the_console_of_development_does_not_speak_in_production(db, settings):
    settings.DEVELOPMENT = False
    with pytest.raises(RuntimeError):
        channels.Console().send(to=PHONE, text="123456")
    assert not DevMessage.objects.exists()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"citizens.E001"}),
        ({"CODE_GATEWAY": channels.CONSOLE}, {"citizens.E001"}),
        ({"CODE_GATEWAY": "citizens.channels.HttpGateway"}, {"citizens.E002"}),
        (
            {
                "CODE_GATEWAY": "citizens.channels.HttpGateway",
                "CODE_GATEWAY_URL": "http://sms.example/send",
                "CODE_GATEWAY_TOKEN": "x",
            },
            {"citizens.E002"},
        ),
        (
            {
                "CODE_GATEWAY": "citizens.channels.HttpGateway",
                "CODE_GATEWAY_URL": "https://sms.example/send",
                "CODE_GATEWAY_TOKEN": "x",
            },
            set(),
        ),
        ({"CODE_GATEWAY": "city.sms.Gateway", "VNEID_LEVELS": {"loa9": 9}}, {"citizens.E003"}),
    ],
)
def test_a_deployment_that_cannot_send_codes_does_not_start(settings, given, expected):
    settings.DEVELOPMENT = False
    for name, value in given.items():
        setattr(settings, name, value)
    assert {found.id for found in checks.safe_sign_in(None)} == expected


def test_development_needs_no_gateway(settings):
    assert checks.safe_sign_in(None) == []
