"""Paper at the counter and from the post: entered, scanned, filed; and claimed by nobody else."""

import pytest

from dossiers.models import CounterFile, Dossier
from payments.models import Payment
from tests.dossiers import stories

GUARDIANSHIP = "1.004837"  # free, no electronic form
CONFIRMATION = "2.002516"  # 8,000 đồng, no electronic form
CERTIFIED_COPY = "2.000815"  # not online at all; a form for the counter
PERSON = {"id_number": "092080000009", "full_name": "Phạm Văn Quầy", "phone": "0900000009"}
DESK = "/api/v1/officer/counter-dossiers"


def opened(api, service=GUARDIANSHIP, channel="counter", person=PERSON, **more):
    body = {"channel": channel, "service_code": service, "person": person, **more}
    return api.post(DESK, body)


def paper_keys(service):
    from common import clock
    from services import queries

    return [paper.key for paper in queries.version_on(service, clock.today()).papers]


def entered(cast, service=GUARDIANSHIP, api=None, **more):
    """Return the id of a file with one paper noted and scanned."""
    api = api or cast.reception
    answer = opened(api, service, **more)
    assert answer.status_code == 201, answer.content
    row = answer.json()
    key = paper_keys(service)[0]
    scanned = api.upload(f"{DESK}/{row['id']}/scans", paper_key=key, file=stories.picture())
    assert scanned.status_code == 201, scanned.content
    row = api.get(f"{DESK}/{row['id']}").json()
    saved = api.patch(
        f"{DESK}/{row['id']}",
        {"papers": [{"paper_key": key, "kind": "original", "quantity": 1}]},
        version=row["version"],
    )
    assert saved.status_code == 200, saved.content
    return row["id"]


def filed(api, file_id, **kwargs):
    return api.post(f"{DESK}/{file_id}/filing", {}, **kwargs)


def test_a_walk_in_is_received_at_once_with_form_01_and_digitised_papers(cast, clock):
    answer = filed(cast.reception, entered(cast))
    assert answer.status_code == 201, answer.content
    one = answer.json()
    assert (one["state"]["code"], one["channel"]) == (2, "counter")
    assert one["code"] == "H13.022-261124-0001"
    assert [(e["move"], e["state"]["code"]) for e in one["timeline"]] == [
        ("file_at_counter", 1),
        ("receive", 2),
    ]
    assert [paper["kind"] for paper in one["documents"]] == ["acknowledgement", "reception_slip"]
    assert [(p["kind"], p["quantity"], p["digitised"]) for p in one["handed_in"]] == [
        ("original", 1, True)
    ]
    assert len(one["attachments"]) == 1
    assert one["received_at"] == "2026-11-24T10:00:00+07:00"
    assert one["applicant_name"] == "Phạm Văn Quầy"
    assert answer["Location"] == f"/api/v1/officer/dossiers/{one['id']}"


def test_the_slip_lists_the_papers_that_lie_there(cast, drain):
    import io

    import pypdf

    from common import files
    from dossiers.models import Document

    filed(cast.reception, entered(cast))
    drain()
    slip = Document.objects.select_related("file").get(kind="reception_slip")
    text = pypdf.PdfReader(io.BytesIO(files.read(slip.file))).pages[0].extract_text()
    rows = " ".join(text.split())
    # one original, no copy counted, one file: the columns of the form
    assert "Bản chính Bản sao Tệp điện tử 1 Trường hợp" in rows
    assert "đăng ký hộ t… 1 1 Thời gian giải quyết" in rows, rows


def test_a_fee_due_before_reception_keeps_the_walk_in_in_state_1(cast, drain):
    one = filed(cast.reception, entered(cast, CONFIRMATION)).json()
    assert (one["state"]["code"], one["fee_open"]) == (1, True)
    from tests.dossiers.test_api_dossiers import move

    refused = move(cast.reception, one, "receive", 1)
    assert (refused.status_code, refused.json()["code"]) == (409, "fee_unpaid")
    Payment.objects.update(state="paid", captured_vnd=8_000, settled_at=now())
    assert move(cast.reception, one, "receive", 1).status_code == 201


def test_filing_twice_with_one_key_or_two_makes_one_dossier(cast):
    file_id = entered(cast)
    answers = [filed(cast.reception, file_id, key=key) for key in ("khoa-mot-1", "khoa-mot-1", "")]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Dossier.objects.count() == 1
    row = CounterFile.objects.get()
    assert (row.state, row.person, row.answers) == ("filed", {}, {})


def test_what_came_by_post_enters_in_state_1_with_its_number_and_day(cast, clock):
    late = opened(cast.reception, channel="postal", tracking_number="EA1VN")
    assert late.json()["errors"][0]["param"] == "arrived_on"
    file_id = entered(
        cast, channel="postal", tracking_number="EA000000000VN", arrived_on="2026-11-23"
    )
    one = filed(cast.reception, file_id).json()
    assert (one["state"]["code"], one["channel"]) == (1, "postal")
    assert [event["move"] for event in one["timeline"]] == ["file_by_post"]
    entry = Dossier.objects.get().timeline.get()
    assert entry.data == {"tracking_number": "EA000000000VN", "arrived_on": "2026-11-23"}


def test_nothing_is_lost_on_a_reload_or_a_change_of_shift(cast, sign_in):
    file_id = entered(cast)
    again = cast.reception.get(f"{DESK}/{file_id}").json()
    assert (again["person"]["id_number"], again["person"]["phone"]) == (
        "092080000009",
        "+84900000009",
    )
    assert (len(again["scans"]), len(again["papers"])) == (1, 1)
    listed = cast.reception.get(DESK).json()["items"]
    assert [item["id"] for item in listed] == [file_id]


def test_a_form_for_the_counter_is_checked_whole_before_it_is_filed(cast):
    file_id = entered(cast, CERTIFIED_COPY)
    bare = filed(cast.reception, file_id)
    assert bare.status_code == 400
    assert {one["code"] for one in bare.json()["errors"]} == {"required"}
    assert Dossier.objects.count() == 0
    assert cast.reception.get(f"{DESK}/{file_id}").json()["state"] == "open"


def test_another_office_receives_and_this_one_is_named_as_helping(cast):
    wrong = opened(cast.reception, GUARDIANSHIP, receiving_agency="so-tu-phap")
    assert wrong.json()["errors"][0]["code"] == "unknown_agency"
    file_id = entered(cast, receiving_agency="ttpvhcc-31120")
    filed(cast.reception, file_id)
    row = Dossier.objects.get()
    assert (row.helping_agency_id, row.receiving_agency_id) == ("ttpvhcc-31135", "ttpvhcc-31120")
    assert row.code.startswith("H13.") and row.competent_agency_id == "ubnd-31120"  # noqa: PT018
    assert len(cast.foreign_officer.get("/api/v1/officer/dossiers").json()["items"]) == 1


def test_nobody_files_for_themselves_known_by_their_number(cast, sign_in):
    from tests.dossiers import office

    number = PERSON["id_number"]
    clerk = office.seat(sign_in, "quay", ["reception"], agency=stories.OFFICE, number=number)
    answer = opened(clerk)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_for_yourself")
    assert opened(cast.reception).status_code == 201


def test_nobody_files_for_themselves(cast):
    from citizens.models import User

    User.objects.filter(email="tiep-nhan@demo.invalid").update(phone="+84900000009")
    answer = opened(cast.reception)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_for_yourself")


def test_a_number_proved_under_another_name_is_refused(cast):
    cast.owner.get("/api/v1/me")
    person = {**PERSON, "id_number": "092195000001"}
    answer = opened(cast.reception, person=person)
    assert answer.json()["errors"][0]["code"] == "differs_from_identity"


def test_the_dossier_of_somebody_with_an_account_is_theirs_at_once(cast):
    person = {"id_number": "092195000001", "full_name": "NGUYEN THI LAN"}
    file_id = entered(cast, person=person)
    one = filed(cast.reception, file_id).json()
    assert [row["id"] for row in cast.owner.get("/api/v1/dossiers").json()["items"]] == [one["id"]]
    seen = {row["what"] for row in cast.owner.get("/api/v1/me/access-log").json()["items"]}
    assert {"dossier:filed_at_desk", "counter_file:read", "counter_file:edit"} <= seen


def test_the_person_who_proves_number_and_name_gets_what_was_filed_on_paper(cast, drain):
    from dossiers.actions import sweep

    one = filed(cast.reception, entered(cast)).json()
    assert cast.stranger.get(f"/api/v1/dossiers/{one['id']}").status_code == 404
    api = newcomer("nguoi-nop", "Phạm Văn Quầy", "092080000009")
    sweep.sweep(now=now())
    assert [row["id"] for row in api.get("/api/v1/dossiers").json()["items"]] == [one["id"]]
    told = [row["kind"] for row in api.get("/api/v1/me/inbox").json()["items"]]
    assert set(told) == {"dossier_file_at_counter", "dossier_receive", "dossier_claim"}
    looked = {row["what"] for row in api.get("/api/v1/me/access-log").json()["items"]}
    assert "dossier:filed_at_desk" in looked
    assert sweep.sweep(now=now())["claims"] == 0
    again = filed(cast.reception, entered(cast)).json()  # from now on it is theirs at once
    assert len(api.get("/api/v1/dossiers").json()["items"]) == 2
    assert (
        Payment.objects.exclude(citizen_id=Dossier.objects.get(id=again["id"]).citizen_id).count()
        == 0
    )


@pytest.mark.parametrize(
    ("full_name", "id_number", "level"),
    [
        ("Phạm Văn Khác", "092080000009", 2),  # the number, another name
        ("Phạm Văn Quầy", "092080000008", 2),  # the name, another number
        ("Phạm Văn Quầy", "092080000009", 1),  # not proved in person
    ],
)
def test_nobody_else_takes_a_walk_ins_dossier_over(cast, full_name, id_number, level):
    from dossiers.actions import sweep

    filed(cast.reception, entered(cast))
    before = Dossier.objects.get().citizen_id
    api = newcomer("ke-khac", full_name, id_number, level)
    sweep.sweep(now=now())
    assert api.get("/api/v1/dossiers").json()["items"] == []
    assert Dossier.objects.get().citizen_id == before


def test_the_walk_ins_phone_opens_nothing(cast):
    """A code sent to the number that was typed at the counter leads to no account."""
    from citizens.adapters import AccountAdapter
    from citizens.models import User

    filed(cast.reception, entered(cast))
    walk_in = User.objects.get(kind="walk_in")
    assert (walk_in.is_active, walk_in.has_usable_password()) == (False, False)
    assert AccountAdapter().get_user_by_phone("+84900000009") is None


def now():
    from common import clock

    return clock.now()


def newcomer(who, full_name, id_number, level=2):
    """Return somebody who signed up by phone and then proved an identity."""
    from citizens.actions import demo
    from tests.conftest import Api

    demo.make_citizen(
        who=who,
        full_name=full_name,
        phone="+84900000019",
        id_number=id_number,
        birth_date="1980-01-01",
        level=level,
        password="mat-khau-thu-2026",
        now=now(),
    )
    answer = Api().post("/api/v1/dev/sign-in", {"who": who}, key=None)
    return Api(answer.json()["access_token"])


def test_a_file_thrown_away_or_run_out_forgets_the_person(cast, clock):
    from dossiers.actions import sweep

    first, second = entered(cast), entered(cast)
    row = cast.reception.get(f"{DESK}/{first}").json()
    gone = cast.reception.delete(f"{DESK}/{first}", version=row["version"])
    assert gone.status_code == 204
    clock.move_to("2026-12-30T10:00:00+07:00")
    assert sweep.sweep(now=now())["counter_files"] == 1
    rows = CounterFile.objects.order_by("id").values_list("state", "person")
    assert list(rows) == [("discarded", {}), ("discarded", {})]
    assert second != first


def test_a_scan_is_taken_off_again_and_the_same_key_adds_one(cast):
    file_id = entered(cast)
    key = paper_keys(GUARDIANSHIP)[0]
    for _ in range(2):
        cast.reception.upload(
            f"{DESK}/{file_id}/scans", key="quet-mot-lan", paper_key=key, file=stories.picture()
        )
    row = cast.reception.get(f"{DESK}/{file_id}").json()
    assert len(row["scans"]) == 2
    path = f"{DESK}/{file_id}/scans/{row['scans'][0]['id']}"
    assert cast.reception.delete(path, version=row["version"] - 1).status_code == 412
    assert cast.reception.delete(path, version=row["version"]).status_code == 204
    unknown = cast.reception.upload(
        f"{DESK}/{file_id}/scans", paper_key="khac", file=stories.picture()
    )
    assert unknown.json()["errors"][0]["code"] == "unknown_paper"


@pytest.mark.parametrize(
    ("who", "status"),
    [("handler", 403), ("owner", 403), ("anonymous", 401), ("foreign_officer", 404)],
)
def test_nobody_else_reaches_paper_that_is_being_entered(cast, who, status):
    file_id = entered(cast)
    before = cast.reception.get(f"{DESK}/{file_id}").json()
    other = getattr(cast, who)
    seen = [
        other.get(f"{DESK}/{file_id}"),
        other.patch(f"{DESK}/{file_id}", {"answers": {}}, version=before["version"]),
        other.post(f"{DESK}/{file_id}/filing", {}),
        other.upload(f"{DESK}/{file_id}/scans", paper_key="x", file=stories.picture()),
        other.delete(f"{DESK}/{file_id}/scans/x", version=before["version"]),
        other.delete(f"{DESK}/{file_id}", version=before["version"]),
    ]
    assert [answer.status_code for answer in seen] == [status] * 6
    listed = other.get(DESK)
    assert listed.status_code == (200 if who == "foreign_officer" else status)
    if who == "foreign_officer":
        assert listed.json()["items"] == []
    assert cast.reception.get(f"{DESK}/{file_id}").json() == before


def test_the_list_takes_as_many_queries_for_one_as_for_many(cast, count_queries):
    counts = []
    for more in (1, 4):
        for _ in range(more):
            opened(
                cast.reception, person={"id_number": "092195000001", "full_name": "Nguyễn Thị Lan"}
            )
        cast.reception.get(DESK)
        with count_queries() as queries:
            assert cast.reception.get(DESK).status_code == 200
        counts.append(len(queries))
    assert counts == [10, 10]


def test_no_personal_data_of_a_walk_in_rests_in_clear(cast):
    from django.db import connection

    entered(cast)
    filed(cast.reception, entered(cast))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            text = " ".join(row[0] for row in cursor.fetchall())
            for private in ("092080000009", "Phạm Văn Quầy", "+84900000009"):
                assert private not in text, (table, private)
