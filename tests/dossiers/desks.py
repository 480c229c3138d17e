"""Steps of officers that several tests tell."""

import datetime
import itertools

from common import ids
from dossiers.models import Dossier, Seat
from tests.dossiers.test_api_dossiers import move, received

QUEUE = "/api/v1/officer/dossiers"
TEXT = "Cấp 02 bản sao"
_numbers = itertools.count(1)


def copy_of(dossier, **changes):
    """Return another row like a submitted dossier, in any state and with any due time."""
    row = Dossier.objects.get(id=dossier["id"])
    number = next(_numbers)
    row.pk, row.draft_id = ids.new("dos"), None
    row.code = f"H13.022-260101-{number:04d}"
    row.lookup_token = ids.unguessable()
    row.received_at = row.submitted_at
    for name, value in changes.items():
        setattr(row, name, value)
    if row.state in {5, 6, 7}:
        row.came_from = 4
    row._state.adding = True
    row.save(force_insert=True)
    return row


def seat_of(who):
    return Seat.objects.get(user__email=f"{who}@demo.invalid")


def in_process(cast):
    """Return a dossier that the competent agency has to decide."""
    dossier = received(cast)
    answer = move(cast.reception, dossier, "forward", 2)
    assert answer.status_code == 201, answer.content
    return dossier


def proposed(cast):
    dossier = in_process(cast)
    answer = move(cast.handler, dossier, "propose", 4, result_text=TEXT)
    assert answer.status_code == 201, answer.content
    return dossier


def colleague(sign_in, cast, roles=("handler",), agency="ubnd-31135", who="cai-khe"):
    """Move a synthetic officer to a seat at the handlers' agency, and return who they are."""
    api = sign_in(who)
    Seat.objects.filter(user__email=f"{who}@demo.invalid").update(
        agency=agency, roles=list(roles), title="Công chức khác"
    )
    return api


def assign(api, dossier, assignee, expected=None, state=4):
    return api.post(
        f"{QUEUE}/{dossier['id']}/assignment",
        {
            "assignee": None if assignee is None else str(assignee),
            "expected_assignee": None if expected is None else str(expected),
            "expected_state": state,
        },
    )


def lease(api, dossier, act="open", state=4):
    return api.post(f"{QUEUE}/{dossier['id']}/lease", {"act": act, "expected_state": state})


def hours(count):
    return datetime.timedelta(hours=count)
