"""Nobody acts on a dossier of their own, though the officer's account is not the citizen's."""

import pytest

from dossiers.models import DossierPerson, TimelineEvent
from tests.dossiers import office, stories
from tests.dossiers.test_api_dossiers import move, settle

DESK = "/api/v1/officer/dossiers"
LAN = "092195000001"
ROLES = ["reception", "handler", "approver"]


@pytest.fixture
def lan_as_officer(sign_in):
    """The citizen Lan, in her officer's account, with every working role where dossiers arrive."""
    return office.seat(sign_in, "lan-can-bo", ROLES, agency=stories.OFFICE, number=LAN)


def refused(answer):
    return answer.status_code, answer.json()["code"]


def reaches(officer, dossier):
    """Return how the doors to one dossier answer."""
    one = f"{DESK}/{dossier['id']}"
    return [
        officer.get(one).status_code,
        move(officer, dossier, "refuse", 1, reason="Không thuộc thẩm quyền").status_code,
        officer.get(f"{one}/attachments/att_x/content").status_code,
    ]


def listed(officer):
    return [item["id"] for item in officer.get(DESK).json()["items"]]


def test_an_officers_own_dossier_is_not_there_for_them(cast, lan_as_officer):
    own = stories.submitted(cast.owner)
    assert listed(lan_as_officer) == []
    assert reaches(lan_as_officer, own) == [404, 404, 404]
    assert listed(cast.reception) == [own["id"]]
    assert TimelineEvent.objects.filter(dossier_id=own["id"]).count() == 1
    readers = [item["reader"] for item in cast.owner.get("/api/v1/me/access-log").json()["items"]]
    assert all("lan-can-bo" not in reader for reader in readers)


def test_nor_one_that_names_them_though_another_filed_it(cast, sign_in):
    """Minh files for Lan: her number stands in the answers, his is the filer's."""
    officer = office.seat(sign_in, "lan-can-bo", ROLES, agency=stories.OFFICE, number=LAN)
    bystander = office.seat(
        sign_in, "minh-can-bo", ROLES, agency=stories.OFFICE, number="092094000009"
    )
    stories.agree(cast.stranger)
    about_lan = stories.submit(
        cast.stranger,
        stories.filled(
            cast.stranger,
            stories.ANSWERS
            | {
                "nyc_quan_he": "chong",
                "nyc_dien_thoai": "+84900000002",
                "sj_ho_ten": "Nguyễn Thị Lan",
                "sj_ngay_sinh": "1995-03-14",
                "sj_so_dinh_danh": LAN,
            },
        ),
    )
    assert about_lan.status_code == 201, about_lan.content
    assert listed(officer) == []
    assert reaches(officer, about_lan.json()) == [404, 404, 404]
    assert listed(bystander) == [about_lan.json()["id"]]


def test_nor_one_that_comes_to_name_them_by_a_supplement(cast, sign_in):
    officer = office.seat(sign_in, "ba", ROLES, agency=stories.OFFICE, number="092060000077")
    dossier = stories.submitted(cast.owner, answers={**stories.ANSWERS, "nyc_quan_he": "con"})
    assert listed(officer) == [dossier["id"]]
    asked = move(
        cast.reception,
        dossier,
        "request_supplement",
        1,
        reason="Ghi số định danh của người được cấp",
        fields=["sj_so_dinh_danh"],
    )
    assert asked.status_code == 201, asked.content
    answered = cast.owner.post(
        f"/api/v1/dossiers/{dossier['id']}/supplements",
        {"answers": {"sj_so_dinh_danh": "092060000077"}},
    )
    assert answered.status_code == 201, answered.content
    assert listed(officer) == []
    assert listed(cast.reception) == [dossier["id"]]


def test_only_digests_are_kept_and_one_for_each_person(cast):
    stories.submitted(cast.owner)
    [row] = DossierPerson.objects.all()
    assert LAN not in row.person_index
    assert len(row.person_index) == 64


def test_the_two_accounts_do_not_mix(cast, lan_as_officer):
    """The officer's account has no citizen's doors, the citizen's no officer's."""
    assert lan_as_officer.get("/api/v1/dossiers").status_code == 403
    assert lan_as_officer.post("/api/v1/drafts", {}).status_code == 403
    assert lan_as_officer.get("/api/v1/payments").status_code == 403
    assert cast.owner.get(DESK).status_code == 403
    own = stories.submitted(cast.owner)
    settle(own)
    assert cast.owner.get(f"/api/v1/dossiers/{own['id']}").status_code == 200


def test_a_lent_role_opens_no_dossier_of_ones_own(cast, sign_in):
    from citizens.actions import demo

    handler = office.seat(sign_in, "lan-can-bo", ["reception"], number=LAN)
    giver = office.seat(sign_in, "khac", ["approver"], number="092080000073")
    dossier = stories.submitted(cast.owner)
    giver.post(
        "/api/v1/officer/delegations",
        {
            "receiver_id": demo.user_id_of("lan-can-bo"),
            "roles": ["approver"],
            "ends_at": "2099-01-01T00:00:00+07:00",
        },
    )
    assert reaches(handler, dossier) == [404, 404, 404]


def test_finding_out_costs_no_query_more(cast, lan_as_officer, count_queries):
    counts = []
    for more in (1, 3):
        for _ in range(more):
            stories.submitted(cast.owner)
        lan_as_officer.get(DESK)
        with count_queries() as queries:
            lan_as_officer.get(DESK)
        counts.append(len(queries))
    assert counts == [10, 10]


def test_nor_what_they_asked_as_a_citizen(cast, lan_as_officer):
    question = {"kind": "question", "subject": "Hỏi", "text": "Hỏi", "agency": stories.OFFICE}
    sent = cast.owner.post("/api/v1/feedback", question).json()
    asked = "/api/v1/officer/feedback"
    assert lan_as_officer.get(asked).json()["items"] == []
    assert lan_as_officer.get(f"{asked}/{sent['id']}").status_code == 404
    answer = {"move": "answer", "expected_state": "received", "text": "Có"}
    assert lan_as_officer.post(f"{asked}/{sent['id']}/moves", answer).status_code == 404
    assert [one["id"] for one in cast.reception.get(asked).json()["items"]] == [sent["id"]]
