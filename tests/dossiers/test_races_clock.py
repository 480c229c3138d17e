"""Real threads at one promise: extended once, told once."""

import pytest

from common import clock as real
from dossiers.actions import warnings
from dossiers.models import Dossier, DueNotice, TimelineEvent
from tests.conftest import Api
from tests.dossiers.test_api_clock import extend, processed
from tests.dossiers.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_eight_extensions_at_once_are_one(cast, clock):
    dossier = processed(cast, clock)
    token = cast.handler.token
    answers = together(8, lambda n: extend(Api(token), dossier, on=f"2026-10-{19 + n % 2}"))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    refused = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refused == {"promise_changed"}  # who comes second saw a promise that is gone
    assert TimelineEvent.objects.filter(kind="extension").count() == 1
    assert Dossier.objects.get().documents.filter(kind="apology_letter").count() == 1


def test_eight_sweeps_at_once_tell_once(cast, clock):
    dossier = processed(cast, clock)
    clock.move_to("2026-10-12T17:01+07:00")
    now = real.now()
    together(8, lambda n: warnings.sweep(now=now))
    warnings.sweep(now=now)
    assert DueNotice.objects.filter(dossier_id=dossier["id"], step="missed").count() == 1
    from citizens.models import Message

    told = Message.objects.filter(kind="promise_missed").order_by("id")
    assert len({one.user_id for one in told}) == told.count() == 3  # two officers, the citizen
    assert Dossier.objects.get().missed_at.isoformat().startswith("2026-10-12T10:00")
