"""Consents, facts, and who may see them."""


def consent(api, purpose="prefill", decision="grant", version="2026-1", **kwargs):
    return api.post(
        "/api/v1/me/consents",
        {"purpose": purpose, "decision": decision, "text_version": version},
        **kwargs,
    )


def test_nothing_is_granted_beforehand(cast):
    items = cast.owner.get("/api/v1/me/consents").json()["items"]
    assert [(item["purpose"], item["granted"]) for item in items] == [
        ("prefill", False),
        ("prefill_ethnicity", False),
    ]


def test_a_consent_is_granted_and_withdrawn(cast):
    granted = consent(cast.owner)
    assert granted.status_code == 201
    assert granted.json()["items"][0]["granted"] is True
    withdrawn = consent(cast.owner, decision="withdraw")
    assert withdrawn.json()["items"][0]["granted"] is False


def test_an_old_text_cannot_be_agreed_to(cast):
    answer = consent(cast.owner, version="2020-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "consent_text_old")


def test_the_same_key_has_one_effect(cast):
    from citizens.models import Consent

    first = consent(cast.owner, key="khoa-mot-lan-1")
    again = consent(cast.owner, key="khoa-mot-lan-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    assert Consent.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(cast):
    consent(cast.owner, key="khoa-mot-lan-2")
    other = consent(cast.owner, decision="withdraw", key="khoa-mot-lan-2")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_missing_key_is_refused(cast):
    answer = consent(cast.owner, key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_a_refused_call_leaves_its_key_usable(cast):
    assert consent(cast.owner, version="old", key="khoa-dung-lai").status_code == 409
    assert consent(cast.owner, version="2026-1", key="khoa-dung-lai").status_code == 201


def test_facts_show_their_source_and_the_number_is_masked(cast):
    items = {item["key"]: item for item in cast.owner.get("/api/v1/me/vault").json()["items"]}
    assert items["person.full_name"]["value"] == "Nguyễn Thị Lan"
    assert items["person.full_name"]["source"] == "identity"
    assert items["person.id_number"]["value"] == "092•••••0001"


def test_a_fact_of_the_identity_cannot_be_removed(cast):
    answer = cast.owner.delete("/api/v1/me/vault/person.full_name", version=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "fact_locked")


def test_an_officer_is_not_a_citizen(cast):
    answer = cast.reception.get("/api/v1/me/consents")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_the_profile_is_changed_with_the_version_that_was_read(cast):
    me = cast.owner.get("/api/v1/me")
    assert cast.owner.patch("/api/v1/me", {"language": "en"}).status_code == 428
    changed = cast.owner.patch("/api/v1/me", {"language": "en"}, version=me.json()["version"])
    assert (changed.status_code, changed.json()["language"]) == (200, "en")
    stale = cast.owner.patch("/api/v1/me", {"language": "vi"}, version=me.json()["version"])
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert stale.json()["version"] == changed.json()["version"]


def test_the_phone_of_the_account_is_known_and_stays_behind_what_was_said_since(anonymous, clock):
    import datetime

    from citizens.models import User
    from tests.citizens.test_api_sign_in import PHONE, signed_up
    from tests.citizens.test_sign_in_attacks import signed_in_by_code
    from tests.citizens.test_vault import learn, release

    anonymous.token = signed_up(anonymous)["access_token"]
    user = User.objects.get()

    def known():
        [item] = anonymous.get("/api/v1/me/vault").json()["items"]
        return item["value"], item["source"], item["source_ref"], item["verified"]

    assert known() == (PHONE, "typed", "account", True)
    assert release(user, ["person.phone"]) == {}  # nobody agreed yet
    learn(user, "dossier", verified=True, person__phone="+84922222222")
    clock.shift(datetime.timedelta(seconds=90))
    signed_in_by_code()
    assert known()[0] == "+84922222222"
