"""Accounts and seats under real threads and real commits."""

import pytest

from citizens.actions import demo
from dossiers.models import Seat, SeatEvent, Unit
from tests.conftest import Api
from tests.dossiers import office
from tests.dossiers.office import NEW, STAFF
from tests.dossiers.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_admins_who_end_each_other_leave_one(sign_in):
    for turn in range(5):
        who = [f"mot-{turn}", f"hai-{turn}"]
        tokens = [
            office.seat(
                sign_in, name, ["admin"], agency="so-y-te", number=f"0920700{turn}000{place}"
            ).token
            for place, name in enumerate(who)
        ]
        ids = [demo.user_id_of(name) for name in who]
        Seat.objects.filter(agency_id="so-y-te").exclude(user_id__in=ids).update(active=False)
        answers = together(
            2,
            lambda n, tokens=tokens, ids=ids: Api(tokens[n]).delete(
                f"{STAFF}/{ids[1 - n]}", version=1
            ),
        )
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses in ([204, 401], [204, 403]), statuses
        assert Seat.objects.filter(agency_id="so-y-te", active=True).count() == 1


def test_ten_invitations_of_one_person_make_one_account(sign_in):
    token = sign_in("quan-tri").token
    answers = together(
        10, lambda n: Api(token).post(STAFF, NEW | {"email": f"m{n}@cantho.invalid"})
    )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201] + [409] * 9
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"officer_exists"}
    assert SeatEvent.objects.filter(what="invited").count() == 1


def test_one_invitation_accepted_ten_times_at_once_opens_one_account(sign_in, drain):
    made, code = office.invited(sign_in("quan-tri"), drain)
    secret = office.opened(code).json()["totp_secret"]
    answers = together(10, lambda n: office.accept(code, secret))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert SeatEvent.objects.filter(what="accepted").count() == 1
    assert made["officer_id"] == next(
        answer.json()["officer_id"] for answer in answers if answer.status_code == 201
    )


def test_ten_changes_of_one_version_are_one_change(sign_in):
    token = sign_in("quan-tri").token
    address = f"{STAFF}/{demo.user_id_of('thu-ly')}"
    answers = together(
        10, lambda n: Api(token).patch(address, {"title": f"Chức danh {n}"}, version=1)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9
    assert Seat.objects.get(user_id=demo.user_id_of("thu-ly")).version == 2


def test_ten_units_of_one_name_are_one(sign_in):
    token = sign_in("quan-tri").token
    answers = together(
        10, lambda n: Api(token).post("/api/v1/officer/units", {"name": "Bộ phận mới"})
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert Unit.objects.filter(name="Bộ phận mới").count() == 1
