"""The document and the server agree, on every operation: schemathesis, in process."""

import itertools

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db.backends.base.base import BaseDatabaseWrapper
from hypothesis import HealthCheck, given, settings

from common import clock
from payments.actions import billers, bills
from payments.rules.bills import Line, Stated, Status
from seeds import bills as simulated
from tests.conftest import Api
from tests.dossiers import desks, stories, test_bulk_moves, test_opinions
from tests.dossiers.test_api_drafts import attach
from tests.dossiers.test_counter import entered
from tests.files.test_uploads import start as start_upload
from tests.payments import test_saved_bills, test_stalls

server = get_wsgi_application()


def application(environ, start_response):
    """Serve as a real server does, which always names who calls."""
    return server({"REMOTE_ADDR": "127.0.0.1", **environ}, start_response)


schema = schemathesis.openapi.from_path("cantho_smart/openapi.yaml")
schema.app = application

CHECKS = [
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]


@pytest.fixture
def world(cast):
    """A signed-in citizen with a draft and a dossier, and an officer; what paths may name."""
    stories.agree(cast.owner)
    dossier = stories.submitted(cast.owner)
    draft = stories.filled(cast.owner)
    question = cast.owner.post(
        "/api/v1/feedback",
        {"kind": "question", "subject": "Hỏi", "text": "Hỏi", "agency": stories.OFFICE},
    ).json()
    representation = cast.owner.post(
        f"/api/v1/drafts/{draft['id']}/representation", {"phone": "+84911111199"}
    ).json()
    opinion = test_opinions.asked(cast, desks.in_process(cast))
    job = test_bulk_moves.start(cast.reception, "receive", [(dossier["id"], 2)]).json()
    return {
        "citizen": cast.owner.token,
        "officer": cast.reception.token,
        "names": {
            "dossier_id": dossier["id"],
            "draft_id": draft["id"],
            "representation_id": representation["id"],
            "document_id": dossier["documents"][0]["id"],
            "attachment_id": attach(cast.owner, draft).json()["id"],
            "upload_id": start_upload(cast.owner, b"xx").json()["id"],
            "payment_id": dossier["payment_ids"][0],
            "file_id": entered(cast),
            "opinion_id": opinion["id"],
            "bulk_id": job["id"],
            **of_payees(cast),
            "code": "2.000635",
            "feedback_id": question["id"],
            "officer_id": cast.reception.get("/api/v1/me").json()["id"],
        },
    }


def of_payees(cast):
    """A bill, a kept customer code, and a stall with its seller; no biller is running."""
    list(simulated.load(now=clock.now()))
    stated = Stated(
        "MPD0000001-202611", "N***", "kỳ 11/2026", (Line("Điện", 1, 9, 9),), 9, None, Status.OPEN
    )
    biller = billers.known("dien-mau")
    kept = bills.keep(biller=biller, customer_code="MPD0000001", stated=[stated], now=clock.now())
    stall = cast.stranger.post(test_stalls.MINE, test_stalls.INVITATION)
    mine = {**test_stalls.INVITATION, "stall_code": "A02", "invitation_code": "MOPHONG-A02-2026"}
    assert stall.status_code == 201
    return {
        "bill_id": kept[0],
        "saved_bill_id": test_saved_bills.save(cast.owner).json()["id"],
        "stall_id": cast.owner.post(test_stalls.MINE, mine).json()["id"],
    }


@pytest.fixture(autouse=True)
def _one_connection(monkeypatch):
    """Keep the test's connection: a server closes it between requests, a test may not."""
    monkeypatch.setattr(
        BaseDatabaseWrapper, "close_if_unusable_or_obsolete", lambda connection: None
    )


keys = itertools.count()


OPERATIONS = [
    (method.upper(), path)
    for path, item in schema.raw_schema["paths"].items()
    for method in item
    if method in {"get", "post", "put", "patch", "delete"}
]


# Each operation is an item with an id of its own: parallel workers share items out by id.
@pytest.mark.parametrize(
    ("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS]
)
def test_every_answer_is_as_documented(method, path, world):
    @given(case=schema[path][method].as_strategy())
    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case):
        _call_and_compare(case, world)

    holds()


def _call_and_compare(case, world):
    officer = case.path.startswith("/api/v1/officer")
    if case.operation.definition.raw.get("security"):
        case.headers["Authorization"] = f"Bearer {world['officer' if officer else 'citizen']}"
    if next(keys) % 3:
        case.headers.pop("X-Session-Token", None)  # an invented one would only ever give 410
    for name, value in world["names"].items():
        if name in case.path_parameters and next(keys) % 3:
            case.path_parameters[name] = value
    response = case.call(base_url="http://testserver")
    assert response.status_code != 500  # a 503 is documented: the payment provider is not running
    case.validate_response(
        response,
        excluded_checks=[
            check for check in schemathesis.checks.CHECKS.get_all() if check.__name__ not in CHECKS
        ],
    )


def test_the_anonymous_get_401_on_everything_that_is_not_public(anonymous):
    assert isinstance(anonymous, Api)
    import yaml

    document = yaml.safe_load(open("cantho_smart/openapi.yaml", encoding="utf-8"))  # noqa: SIM115
    tried = 0
    for path, item in document["paths"].items():
        if path.startswith("/api/auth/"):
            continue
        for method, operation in item.items():
            if method not in {"get", "post", "put", "patch", "delete"} or not operation["security"]:
                continue
            address = path
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    address = address.replace("{" + parameter["name"] + "}", "x")
            answer = anonymous.client.generic(
                method.upper(), address, "{}", content_type="application/json"
            )
            assert answer.status_code == 401, (method, path, answer.content)
            assert answer.json()["code"] == "not_signed_in"
            tried += 1
    assert tried > 30
