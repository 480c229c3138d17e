"""A representative goes on with the dossier that they filed: supplies, withdraws; and is seen."""

import pytest

from dossiers.models import Attachment, RepresentationEvent
from tests.dossiers import handing, stories
from tests.dossiers.test_api_dossiers import move, settle
from tests.dossiers.test_handover_rights import knock, looked
from tests.dossiers.test_supplements import FIELD, NEW, ask, attach


def filed(cast):
    """Return the representation, the received dossier and its address."""
    row, dossier = handing.filed(cast)
    settle(dossier)
    answer = move(cast.reception, dossier, "receive", 1)
    assert answer.status_code == 201, answer.content
    return row, dossier, f"/api/v1/dossiers/{dossier['id']}"


def asked(cast):
    row, dossier, address = filed(cast)
    ask(cast.reception, dossier, fields=[FIELD], papers=[stories.PAPER])
    return row, dossier, address


def inbox(api, kind):
    items = api.get("/api/v1/me/inbox").json()["items"]
    return [item["reference"] for item in items if item["kind"] == kind]


def doors(address):
    return [
        ("get", f"{address}/supplement", None),
        ("patch", f"{address}/supplement", {"answers": {FIELD: NEW}}),
        ("upload", f"{address}/attachments", {"paper_key": stories.PAPER}),
        ("post", f"{address}/supplements", {}),
        ("post", f"{address}/withdrawal", {"reason": "Không còn nhu cầu"}),
    ]


def test_a_representative_supplies_what_was_asked_for(cast):
    row, _, address = asked(cast)
    found = cast.stranger.get(f"{address}/supplement")
    assert (found.status_code, found.json()["round"]) == (200, 1)
    saved = cast.stranger.patch(f"{address}/supplement", {"answers": {FIELD: NEW}}, version=1)
    assert saved.status_code == 200, saved.content
    # Both hands work on the same half-filled answer, and neither overwrites the other unseen.
    stale = cast.owner.patch(f"{address}/supplement", {"answers": {FIELD: NEW}}, version=1)
    assert stale.status_code == 412
    assert attach(cast.stranger, address).status_code == 201
    sent = cast.stranger.post(f"{address}/supplements", {"message": "Đã sửa"})
    assert sent.status_code == 201, sent.content
    own = cast.owner.get(address).json()
    assert (own["answers"][FIELD], own["supplements"][0]["state"]) == (NEW, "answered")
    assert own["timeline"][-1]["office"] == "Người được ủy quyền"
    event = RepresentationEvent.objects.latest("id")
    assert (event.kind, event.by, event.fields) == ("supplied", "representative", [FIELD])
    assert inbox(cast.owner, "represented_supplied") == [row["id"]]


def test_the_citizen_sees_that_a_representative_looked(cast):
    _, _, address = asked(cast)
    before = len(looked(cast.owner))
    cast.stranger.get(f"{address}/supplement")
    assert len(looked(cast.owner)) == before + 1
    cast.owner.get(f"{address}/supplement")
    assert len(looked(cast.owner)) == before + 1


def test_a_representative_withdraws_and_the_citizen_is_told_at_once(cast):
    row, _, address = filed(cast)
    answer = cast.stranger.post(f"{address}/withdrawal", {"reason": "Không còn nhu cầu"})
    assert answer.status_code == 201, answer.content
    own = cast.owner.get(address).json()
    assert (own["state"]["code"], own["timeline"][-1]["office"]) == (7, "Người được ủy quyền")
    assert inbox(cast.owner, "represented_withdrew") == [row["id"]]
    assert RepresentationEvent.objects.latest("id").kind == "withdrew"


@pytest.mark.parametrize("ending", ["taken_back", "run_out"])
def test_a_right_that_ended_opens_no_door(cast, sign_in, clock, ending):
    row, _, address = asked(cast)
    if ending == "taken_back":
        handing.end(cast.owner, row)
        late = cast.stranger
    else:
        clock.shift(86_400 * 400)
        late = sign_in("minh")
    for method, door, body in doors(address):
        assert knock(late, method, door, body) == 404, door
    assert Attachment.objects.filter(supplement_round__gt=0).count() == 0


@pytest.mark.parametrize(
    ("who", "status"),
    [("weak", 404), ("anonymous", 401), ("reception", 403), ("foreign_officer", 403)],
)
def test_nobody_else_comes_in(cast, who, status):
    _, _, address = asked(cast)
    for method, door, body in doors(address):
        assert knock(getattr(cast, who), method, door, body) == status, door
