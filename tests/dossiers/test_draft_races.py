"""Drafts under real threads and real commits: one writer, one answer, nothing overruled."""

import pytest

from dossiers.models import Dossier, Representation, RepresentationEvent, SupplementDraft
from tests.conftest import Api
from tests.dossiers import handing, stories
from tests.dossiers.test_races import together
from tests.dossiers.test_supplements import FIELD, asked

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_ten_saves_over_one_version_one_is_kept_and_nine_are_told(cast):
    draft = stories.start(cast.owner).json()
    token, address = cast.owner.token, f"/api/v1/drafts/{draft['id']}"
    answers = together(
        10, lambda n: Api(token).patch(address, {"answers": {"so_ban_sao": n + 1}}, version=1)
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9
    kept = next(answer for answer in answers if answer.status_code == 200).json()
    assert cast.owner.get(address).json()["answers"] == kept["answers"]
    for lost in (answer.json() for answer in answers if answer.status_code == 412):
        assert lost["conflicts"][0]["theirs"]["value"] == kept["answers"]["so_ban_sao"]


def test_ten_phones_merge_different_fields_and_all_are_kept(cast):
    draft = stories.start(cast.owner).json()
    token, address = cast.owner.token, f"/api/v1/drafts/{draft['id']}"
    fields = ["so_dang_ky", "nyc_ho_ten", "nyc_email", "sj_ho_ten", "nyc_dien_thoai"]
    answers = together(
        5,
        lambda n: Api(token).patch(
            address, {"answers": {fields[n]: f"giá trị {n}"}, "merge": True}, version=1
        ),
    )
    assert [answer.status_code for answer in answers] == [200] * 5
    found = cast.owner.get(address).json()
    assert found["answers"] == {name: f"giá trị {n}" for n, name in enumerate(fields)}
    assert found["version"] == 6


def test_a_second_draft_is_not_slipped_in_by_tapping_twice(cast):
    import uuid

    token = cast.owner.token
    answers = together(
        6,
        lambda n: Api(token).post(
            "/api/v1/drafts", {"id": str(uuid.uuid4()), "service_code": stories.EXTRACT}
        ),
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


def test_taking_back_and_saving_race_and_the_draft_has_one_writer(cast):
    draft, row = handing.handed(cast)
    address = f"/api/v1/drafts/{draft['id']}"
    version = cast.stranger.get(address).json()["version"]
    owner, minh = cast.owner.token, cast.stranger.token

    def act(number):
        if number == 0:
            return handing.end(Api(owner), row)
        return Api(minh).patch(address, {"answers": {"so_ban_sao": 9}}, version=version)

    ended, saved = together(2, act)
    assert ended.status_code == 201
    assert saved.status_code in {200, 404}
    mine = cast.owner.get(address).json()
    assert (mine["held_by"], "so_ban_sao" in mine["answers"]) == (None, saved.status_code == 200)
    assert cast.stranger.get(address).status_code == 404


def test_taking_back_and_filing_race_and_one_wins(cast):
    draft, row = handing.handed(cast)
    handing.prove(cast.stranger, row)
    saved = handing.fill(cast, draft)
    owner, minh = cast.owner.token, cast.stranger.token

    def act(number):
        return handing.end(Api(owner), row) if number == 0 else stories.submit(Api(minh), saved)

    ended, sent = together(2, act)
    assert ended.status_code == 201
    assert sent.status_code in {201, 404}
    assert Dossier.objects.count() == (1 if sent.status_code == 201 else 0)
    assert Representation.objects.get().state == "ended"


def test_an_invitation_accepted_by_two_taps_is_accepted_once(cast):
    _, row = handing.invited(cast)
    token = cast.stranger.token
    answers = together(6, lambda n: handing.accept(Api(token), row))
    assert [answer.status_code for answer in answers] == [201] * 6
    assert RepresentationEvent.objects.filter(kind="accepted").count() == 1


def test_a_supplement_saved_and_sent_at_once_is_sent_whole_or_told(cast):
    address = asked(cast, papers=[])
    token = cast.owner.token

    def act(number):
        if number == 0:
            return Api(token).post(f"{address}/supplements", {"answers": {FIELD: "+84987654321"}})
        return Api(token).patch(
            f"{address}/supplement", {"answers": {FIELD: "+84911111111"}}, version=1
        )

    sent, saved = together(2, act)
    assert sent.status_code == 201
    assert saved.status_code in {200, 409}
    assert cast.owner.get(address).json()["answers"][FIELD] == "+84987654321"
    assert SupplementDraft.objects.count() == 0
