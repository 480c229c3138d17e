"""The citizen's own pages: whole bodies, and nobody else's."""

import pytest

from citizens import queries
from citizens.actions import identity, vault
from citizens.models import Device, Identity, Message, User, VaultAccess, VaultField
from common import clock, db
from tests.citizens.test_vault import decide, learn, notify
from tests.conftest import Api

INSTALLATION = "6f3d3f57-6f0e-4d4e-9d8b-6a3b1f1f6f01"
DEVICE = {"platform": "android", "token": "fcm-token-of-nobody", "app_version": "1.4.2"}


@pytest.fixture
def lan(people):
    return User.objects.get(email="lan@demo.invalid")


def test_the_account_as_its_owner_sees_it(cast, lan):
    answer = cast.owner.get("/api/v1/me")
    assert answer.json() == {
        "id": lan.id,
        "kind": "citizen",
        "full_name": "Nguyễn Thị Lan",
        "id_number_masked": "092•••••0001",
        "phone_masked": "+84•••••001",
        "phone_verified": True,
        "email": "lan@demo.invalid",
        "assurance_level": 2,
        "language": "vi",
        "has_password": True,
        "missing": [],
        "is_demo": True,
        "version": lan.version,
    }
    assert answer["ETag"] == f'"{lan.version}"'
    assert answer["Cache-Control"] == "private, no-cache"
    again = cast.owner.get("/api/v1/me", **{"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_account_is_told_what_it_has_not_done_yet(cast):
    assert cast.weak.get("/api/v1/me").json()["missing"] == ["level_2"]
    assert cast.reception.get("/api/v1/me").json()["missing"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"language": "fr"}, "invalid_choice"),
        ({"assurance_level": 2, "language": "vi"}, "unknown_field"),
        ({"kind": "officer", "language": "vi"}, "unknown_field"),
        ({}, "required"),
    ],
)
def test_nothing_but_the_language_is_changed_by_the_person(cast, lan, body, code):
    answer = cast.owner.patch("/api/v1/me", body, version=lan.version)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert code in {error["code"] for error in answer.json()["errors"]}
    assert User.objects.get(id=lan.id).version == lan.version


# --- facts --------------------------------------------------------------------------------------


def test_a_fact_is_removed_with_its_history_by_the_version_that_was_read(cast, lan):
    for phone in ("+84911111111", "+84922222222"):
        learn(lan, person__phone=phone)
    items = {item["key"]: item for item in cast.owner.get("/api/v1/me/vault").json()["items"]}
    assert items["person.phone"]["version"] == 2
    path = "/api/v1/me/vault/person.phone"
    assert cast.owner.delete(path).status_code == 428
    assert cast.owner.delete(path, version=1).status_code == 412
    assert cast.stranger.delete(path, version=2).status_code == 404
    assert VaultField.objects.filter(user=lan, key="person.phone").count() == 2
    assert cast.owner.delete(path, version=2).status_code == 204
    assert not VaultField.objects.filter(user=lan, key="person.phone").exists()
    assert cast.owner.delete(path, version=2).status_code == 404


# --- who looked ---------------------------------------------------------------------------------


def test_who_looked_is_told_page_by_page_newest_first_to_the_person_alone(cast, lan):
    for number in range(5):
        with db.transaction():
            vault.record_access(
                citizen_ids=[lan.id],
                reader_id="usr_officer",
                reader_label="Bộ phận tiếp nhận, phường Ninh Kiều",
                what=f"hồ sơ {number}",
                purpose="show_officer",
                reference=f"dos_{number}",
                now=clock.now(),
            )
    first = cast.owner.get("/api/v1/me/access-log?page_size=3").json()
    assert [item["what"] for item in first["items"]] == ["hồ sơ 4", "hồ sơ 3", "hồ sơ 2"]
    assert set(first["items"][0]) == {"reader", "what", "purpose", "reference", "at"}
    second = cast.owner.get(first["next"]).json()
    assert [item["what"] for item in second["items"]] == ["hồ sơ 1", "hồ sơ 0"]
    assert second["next"] is None
    assert cast.stranger.get("/api/v1/me/access-log").json()["items"] == []
    assert "usr_officer" not in str(first)
    assert VaultAccess.objects.count() == 5


# --- inbox --------------------------------------------------------------------------------------


def test_a_message_is_read_once_and_by_its_owner_alone(cast, lan):
    notify(lan, "dos_1:2")
    [item] = cast.owner.get("/api/v1/me/inbox").json()["items"]
    assert (item["title"], item["read_at"]) == ("Đã tiếp nhận", None)
    path = f"/api/v1/me/inbox/{item['id']}/read"
    assert cast.stranger.post(path).status_code == 404
    assert Message.objects.get(id=item["id"]).read_at is None
    read = cast.owner.post(path)
    assert read.status_code == 200
    assert cast.owner.post(path).json()["read_at"] == read.json()["read_at"]
    english = cast.owner.get("/api/v1/me/inbox", **{"Accept-Language": "en"}).json()["items"]
    assert english[0]["title"] == "Received"


# --- devices ------------------------------------------------------------------------------------


def put(api, body=None, version=0, installation=INSTALLATION):
    return api.client.put(
        f"/api/v1/me/devices/{installation}",
        body or DEVICE,
        content_type="application/json",
        headers=api._headers(**({} if version is None else {"If-Match": f'"{version}"'})),
    )


def test_a_phone_is_registered_renewed_and_removed(cast):
    made = put(cast.owner)
    assert made.status_code == 200
    assert made.json() | {"updated_at": ""} == {
        "installation_id": INSTALLATION,
        "platform": "android",
        "app_version": "1.4.2",
        "updated_at": "",
        "version": 1,
    }
    assert put(cast.owner, version=None).status_code == 428
    assert put(cast.owner, version=0).status_code == 412
    assert put(cast.owner, DEVICE | {"app_version": "1.5"}, version=1).json()["version"] == 2
    [item] = cast.owner.get("/api/v1/me/devices").json()["items"]
    assert (item["app_version"], "token" in item) == ("1.5", False)
    path = f"/api/v1/me/devices/{INSTALLATION}"
    assert cast.stranger.delete(path, version=2).status_code == 404
    assert cast.owner.delete(path, version=1).status_code == 412
    assert cast.owner.delete(path, version=2).status_code == 204
    assert cast.owner.get("/api/v1/me/devices").json()["items"] == []


def test_a_phone_that_changed_hands_wakes_its_new_owner_only(cast):
    put(cast.owner)
    assert put(cast.stranger).status_code == 200
    assert cast.owner.get("/api/v1/me/devices").json()["items"] == []
    assert len(cast.stranger.get("/api/v1/me/devices").json()["items"]) == 1


@pytest.mark.parametrize("name", ["x", "6f3d3f57", "..%2f..", INSTALLATION + "0"])
def test_an_installation_that_is_no_uuid_is_unknown(cast, name):
    assert put(cast.owner, installation=name).status_code == 404


def test_signing_out_removes_the_phone(cast):
    put(cast.owner)
    [session] = cast.owner.get("/api/v1/me/sessions").json()["items"]
    path = f"/api/v1/me/sessions/{session['id']}"
    assert cast.stranger.delete(path, version=1).status_code == 404
    assert cast.owner.delete(path, version=7).status_code == 412
    assert cast.owner.delete(path, version=1).status_code == 204
    assert not Device.objects.exists()


# --- a copy, and the end ------------------------------------------------------------------------


def test_the_copy_of_ones_data_is_whole_and_ones_own(cast, lan):
    decide(lan, "grant")
    learn(lan, person__phone="+84911111111")
    notify(lan, "dos_1:2")
    put(cast.owner)
    copy = queries.export_of(lan.id)
    assert copy["account"]["id_number"] == "092195000001"
    assert copy["identities"][0]["birth_date"] == "1995-03-14"
    assert [row["decision"] for row in copy["consents"]] == ["grant"]
    assert {row["key"] for row in copy["facts"]} >= {"person.phone", "person.full_name"}
    assert (len(copy["messages"]), len(copy["devices"])) == (1, 1)
    assert "092094000002" not in str(copy)  # of somebody else
    assert "fcm-token" not in str(copy)
    assert queries.home_of(lan.id) == queries.HomePart("Nguyễn Thị Lan", 2, 1)


def test_a_closed_account_is_out_at_once_and_keeps_what_the_law_keeps(cast, lan):
    decide(lan, "grant")
    learn(lan, person__phone="+84911111111")
    put(cast.owner)
    with db.transaction():
        identity.close(user_id=lan.id, channel="app", now=clock.now())
    assert cast.owner.get("/api/v1/me").status_code == 401
    assert not VaultField.objects.filter(user=lan).exists()
    assert not Device.objects.exists()
    assert queries.live_consent(lan.id, "prefill") is False
    assert Identity.objects.filter(user=lan).exists()
    login = Api().client.post(
        "/api/auth/app/v1/auth/login",
        {"phone": "+84900000001", "password": "can-tho-thu-nghiem-2026"},
        content_type="application/json",
    )
    assert login.status_code == 400
    assert User.objects.create_user(phone="+84900000001", phone_verified=True).id != lan.id
