"""Every role at every officer's endpoint, as one table; and the doors between the two accounts."""

import json
import pathlib

import pytest
import yaml
from django.conf import settings
from django.db import transaction

from citizens.actions import demo
from dossiers.models import Seat, SeatEvent, TimelineEvent
from tests.dossiers import office, stories
from tests.dossiers.test_api_drafts import attach

DOCUMENT = yaml.safe_load(
    (pathlib.Path(settings.BASE_DIR) / "cantho_smart" / "openapi.yaml").read_text("utf-8")
)
ROLES = ["reception", "handler", "approver", "admin", "auditor", "cashier", "catalogue"]
OK, ROLE, NO_DOSSIER, NONE = 200, "not_your_role", "no_dossier_role", "not_found"
# What each role gets, in the order of ROLES. The target is a colleague of the same agency; the
# dossier is in state 1 at the agency that receives.
READS = [OK, OK, OK, NO_DOSSIER, OK, NO_DOSSIER, NO_DOSSIER]
ADMINS = [ROLE, ROLE, ROLE, OK, ROLE, ROLE, ROLE]
EVERYBODY = [OK] * 7
KEEPERS = [ROLE, ROLE, ROLE, OK, OK, ROLE, ROLE]
TABLE = {
    ("get", "dossiers"): READS,
    ("get", "dossiers/{dossier_id}"): READS,
    ("get", "dossiers/{dossier_id}/attachments/{attachment_id}/content"): READS,
    ("post", "dossiers/{dossier_id}/moves"): [
        OK,
        ROLE,
        ROLE,
        NO_DOSSIER,
        ROLE,
        NO_DOSSIER,
        NO_DOSSIER,
    ],
    ("get", "seat"): EVERYBODY,
    ("get", "staff"): EVERYBODY,
    ("post", "staff"): ADMINS,
    ("get", "staff/events"): KEEPERS,
    ("get", "staff/{officer_id}"): EVERYBODY,
    ("patch", "staff/{officer_id}"): ADMINS,
    ("delete", "staff/{officer_id}"): ADMINS,
    ("post", "staff/{officer_id}/invitation"): [ROLE, ROLE, ROLE, "invitation_not_needed"]
    + [ROLE, ROLE, ROLE],
    ("post", "staff/{officer_id}/second-factor-reset"): ADMINS,
    ("get", "units"): EVERYBODY,
    ("post", "units"): ADMINS,
    ("get", "units/{unit_id}"): EVERYBODY,
    ("patch", "units/{unit_id}"): ADMINS,
    ("get", "delegations"): EVERYBODY,
    ("post", "delegations"): ADMINS,  # of another's roles
    # Of two others: its parties and the agency's keepers see it, only the admin may end it.
    ("get", "delegations/{delegation_id}"): [NONE, NONE, NONE, OK, OK, NONE, NONE],
    ("delete", "delegations/{delegation_id}"): [NONE, NONE, NONE, OK, NONE, NONE, NONE],
}
BODIES = {
    ("post", "dossiers/{dossier_id}/moves"): {
        "move": "refuse",
        "expected_state": 1,
        "reason": "Không thuộc thẩm quyền",
    },
    ("post", "staff"): office.NEW,
    ("patch", "staff/{officer_id}"): {"title": "Chức danh mới"},
    ("post", "units"): {"name": "Bộ phận mới"},
    ("patch", "units/{unit_id}"): {"name": "Tên mới"},
}
# Opened by a code in a mail, by nobody's account.
PUBLIC = {"invitations/open", "invitations/accept"}


def officers_operations():
    return {
        (method, path.removeprefix("/api/v1/officer/"))
        for path, item in DOCUMENT["paths"].items()
        if path.startswith("/api/v1/officer/")
        for method in item
        if path.removeprefix("/api/v1/officer/") not in PUBLIC
    }


def mine():
    """The operations that this table is about; the others have tables of their own."""
    heads = {path.split("/")[0] for _, path in TABLE} - {"dossiers"}
    return {one for one in officers_operations() if one[1].split("/")[0] in heads}


def test_every_operation_about_seats_is_in_the_table():
    assert mine() <= set(TABLE)
    assert set(TABLE) <= officers_operations()


@pytest.fixture
def target(cast, sign_in):
    """What the paths name: a dossier, and a colleague with a unit and a lending."""
    draft = stories.filled(cast.owner)
    paper = attach(cast.owner, draft).json()
    dossier = stories.submit(cast.owner, draft).json()
    giver = office.seat(
        sign_in, "giao", ["reception"], agency=stories.OFFICE, number="092080000091"
    )
    office.seat(sign_in, "nhan", ["handler"], agency=stories.OFFICE, number="092080000092")
    lent = giver.post(
        "/api/v1/officer/delegations",
        {
            "receiver_id": demo.user_id_of("nhan"),
            "roles": ["reception"],
            "ends_at": "2027-01-01T00:00:00+07:00",
        },
    )
    assert lent.status_code == 201, lent.content
    admin = office.seat(
        sign_in, "quan-tri-1", ["admin"], agency=stories.OFFICE, number="092080000093"
    )
    unit = admin.post("/api/v1/officer/units", {"name": "Bộ phận cũ"}).json()
    return {
        "dossier_id": dossier["id"],
        "attachment_id": paper["id"],
        "officer_id": demo.user_id_of("nhan"),
        "unit_id": unit["id"],
        "delegation_id": lent.json()["id"],
    }


def call(api, method, path, target, body):
    address = f"/api/v1/officer/{path}"
    for name, value in target.items():
        address = address.replace("{" + name + "}", value)
    headers = api._headers(**{"Idempotency-Key": "mot-lan-thoi-nhe"})
    if method in {"patch", "delete"}:
        headers["If-Match"] = '"1"'
    return api.client.generic(
        method.upper(), address, json.dumps(body), content_type="application/json", headers=headers
    )


def lending(target):
    return {
        "giver_id": demo.user_id_of("giao"),
        "receiver_id": target["officer_id"],
        "roles": ["reception"],
        "ends_at": "2027-01-01T00:00:00+07:00",
    }


@pytest.mark.parametrize("role", ROLES)
def test_what_each_role_gets(sign_in, target, role):
    me = office.seat(sign_in, "toi", [role], agency=stories.OFFICE)
    for (method, path), cells in TABLE.items():
        body = BODIES.get((method, path), {})
        if (method, path) == ("post", "delegations"):
            body = lending(target)
        before = (SeatEvent.objects.count(), TimelineEvent.objects.count())
        undo = transaction.savepoint()  # each finds the world as it was
        answer = call(me, method, path, target, body)
        expected = cells[ROLES.index(role)]
        said = answer.json()["code"] if answer.status_code >= 400 else OK
        assert said == expected, (method, path, answer.content)
        if said != OK:
            assert (SeatEvent.objects.count(), TimelineEvent.objects.count()) == before
        transaction.savepoint_rollback(undo)


def test_an_auditor_reads_and_the_citizen_sees_why(cast, sign_in, target):
    auditor = office.seat(sign_in, "kiem", ["auditor"], agency=stories.OFFICE)
    one = auditor.get(f"/api/v1/officer/dossiers/{target['dossier_id']}").json()
    assert one["moves"] == []
    [look] = [
        item
        for item in cast.owner.get("/api/v1/me/access-log").json()["items"]
        if item["reference"] == target["dossier_id"]
    ]
    assert (look["what"], look["purpose"]) == ("dossier:read", "audit")


def test_an_account_without_a_seat_opens_nothing(sign_in, target):
    me = office.seat(sign_in, "toi", ["reception", "admin"], agency=stories.OFFICE)
    Seat.objects.filter(user_id=demo.user_id_of("toi")).update(active=False)
    for method, path in TABLE:
        body = BODIES.get((method, path), {})
        if (method, path) == ("post", "delegations"):
            body = lending(target)
        answer = call(me, method, path, target, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path


# --- the two accounts ---------------------------------------------------------------------------


CITIZENS = [
    (method, path)
    for path, item in DOCUMENT["paths"].items()
    if path.startswith("/api/v1/") and not path.startswith("/api/v1/officer/")
    for method, operation in item.items()
    if operation.get("security") != []
]
# An officer has an account, sign-ins and an inbox, too.
BOTH = {"/api/v1/me", "/api/v1/me/password", "/api/v1/me/sessions", "/api/v1/me/sessions/{"}


def test_an_officers_account_has_no_citizens_doors(cast):
    tried = 0
    for method, path in CITIZENS:
        if path in BOTH or path.startswith(("/api/v1/me/sessions/", "/api/v1/me/inbox")):
            continue
        address = path.replace("{", "").replace("}", "")
        api = cast.handler
        answer = api.client.generic(
            method.upper(),
            address,
            "{}",
            content_type="application/json",
            headers=api._headers(**{"Idempotency-Key": "mot-lan-thoi-nhe", "If-Match": '"1"'}),
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, path)
        tried += 1
    assert tried > 25


def test_a_citizens_account_has_no_officers_doors(cast, target):
    for method, path in officers_operations():
        address = path.replace("{", "").replace("}", "")
        answer = call(cast.owner, method, address, {}, {})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (method, path)
