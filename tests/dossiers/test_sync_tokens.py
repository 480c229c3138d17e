"""Tokens of `/sync`: pages, tombstones, start over, nobody else's things, one answer when idle."""

import json

import pytest
from django.core import signing
from django.db import connection

from common import feed
from dossiers.models import Document, Draft, SupplementRequest
from payments.models import Attempt, Payment
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, settle
from tests.dossiers.test_sync import Phone

pytestmark = pytest.mark.django_db(transaction=True)


def read(api, since=None, **more):
    query = "&".join(f"{k}={v}" for k, v in {"since": since, **more}.items() if v is not None)
    return api.get(f"/api/v1/sync?{query}")


def changed(page):
    kinds = ("draft", "dossier", "message", "payment")
    return {(kind, one["id"]) for kind in kinds for one in page[f"{kind}s"]}


def test_the_first_call_gives_everything_and_the_next_one_nothing(cast):
    draft = stories.filled(cast.owner)
    dossier = stories.submitted(cast.owner)
    first = read(cast.owner).json()
    message = cast.owner.get("/api/v1/me/inbox").json()["items"][0]
    payment = cast.owner.get("/api/v1/payments").json()["items"][0]
    assert changed(first) == {
        ("draft", draft["id"]),
        ("dossier", dossier["id"]),
        ("message", message["id"]),
        ("payment", payment["id"]),
    }
    assert (first["gone"], first["has_more"]) == ([], False)
    assert first["dossiers"] == cast.owner.get("/api/v1/dossiers").json()["items"]
    assert first["messages"] == [message]
    shown = first["payments"][0]
    assert shown == {name: payment[name] for name in shown}
    assert first["drafts"][0]["version"] == draft["version"]
    again = read(cast.owner, first["next"]).json()
    assert (changed(again), again["gone"], again["has_more"]) == (set(), [], False)


def test_a_phone_that_asks_often_gets_304_while_nothing_changed(cast):
    stories.submitted(cast.owner)
    token = read(cast.owner).json()["next"]
    idle = read(cast.owner, token)
    assert idle.json()["next"] == token
    same = cast.owner.get(f"/api/v1/sync?since={token}", **{"If-None-Match": idle["ETag"]})
    assert same.status_code == 304
    stories.filled(cast.owner)
    other = cast.owner.get(f"/api/v1/sync?since={token}", **{"If-None-Match": idle["ETag"]})
    assert (other.status_code, len(other.json()["drafts"])) == (200, 1)


def test_what_vanished_leaves_a_tombstone(cast):
    discarded, submitted = stories.filled(cast.owner), stories.filled(cast.owner)
    token = read(cast.owner).json()["next"]
    gone = cast.owner.delete(f"/api/v1/drafts/{discarded['id']}", version=discarded["version"])
    assert gone.status_code == 204
    dossier = stories.submit(cast.owner, submitted).json()
    page = read(cast.owner, token).json()
    assert {one["id"] for one in page["gone"]} == {discarded["id"], submitted["id"]}
    assert {one["kind"] for one in page["gone"]} == {"draft"}
    assert ("dossier", dossier["id"]) in changed(page)
    assert read(cast.owner).json()["gone"] == []  # a phone that starts over never had them


def test_a_draft_that_came_and_went_in_between_is_only_a_tombstone(cast):
    token = read(cast.owner).json()["next"]
    draft = stories.start(cast.owner).json()
    cast.owner.delete(f"/api/v1/drafts/{draft['id']}", version=draft["version"])
    page = read(cast.owner, token).json()
    assert page["gone"] == [{"kind": "draft", "id": draft["id"]}]


def test_every_part_of_a_dossier_brings_it_again(cast, drain):
    dossier = stories.submitted(cast.owner)
    payment = dossier["payment_ids"][0]
    key = ("dossier", dossier["id"])
    phone = Phone(cast.owner.token)
    assert [one["kind"] for one in phone.sync()[key]["needs"]] == ["pay"]

    settle(dossier)  # nobody told the dossier yet: only the money's row changed
    page = phone.call()
    assert changed(page) == {("payment", payment), key}
    assert phone.kept[key]["needs"] == []
    assert phone.kept["payment", payment]["state"] == "paid"

    assert move(cast.reception, dossier, "request_supplement", 1, reason="Thiếu").status_code == 201
    phone.sync()
    assert [one["kind"] for one in phone.kept[key]["needs"]] == ["supplement"]
    for change in (
        lambda: SupplementRequest.objects.update(state="answered"),
        lambda: Document.objects.filter(kind="acknowledgement").update(title_vi="Khác"),
    ):
        change()
        assert key in changed(phone.call())
    assert phone.kept[key]["needs"] == []


def test_each_try_to_pay_brings_the_payment_again(cast):
    from common import clock

    dossier = stories.submitted(cast.owner)
    phone = Phone(cast.owner.token)
    phone.sync()
    payment = Payment.objects.get(reference=dossier["id"])
    Attempt.objects.create(
        payment=payment,
        number=1,
        provider="stripe",
        state="open",
        client_key="thu-mot-lan",
        provider_key="thu-mot-lan",
        expires_at=clock.now(),
        created_at=clock.now(),
    )
    phone.call()
    assert phone.kept["payment", payment.id]["state"] == "pending"


def test_reading_a_message_is_told_and_delivering_it_is_not(cast, drain):
    stories.submitted(cast.owner)
    phone = Phone(cast.owner.token, page_size=50)
    phone.sync()
    drain()
    assert phone.call()["messages"] == []
    message = cast.owner.get("/api/v1/me/inbox").json()["items"][0]
    assert cast.owner.post(f"/api/v1/me/inbox/{message['id']}/read").status_code == 200
    assert phone.call()["messages"][0]["read_at"] is not None


def test_pages_hold_still_while_things_change_under_them(cast):
    made = [stories.start(cast.owner).json() for _ in range(5)]
    by_id = {one["id"]: one for one in made}
    first = read(cast.owner, page_size=2).json()
    assert (first["has_more"], len(first["drafts"])) == (True, 2)
    seen = [one["id"] for one in first["drafts"]]
    unseen = sorted(set(by_id) - set(seen))
    # One that was shown goes, one that was not goes, and a new one comes that sorts anywhere.
    for name in (seen[0], unseen[0]):
        cast.owner.delete(f"/api/v1/drafts/{name}", version=by_id[name]["version"])
    new = stories.start(cast.owner).json()
    kept, page = set(seen), first
    while page["has_more"]:
        page = read(cast.owner, page["next"], page_size=2).json()
        kept |= {one["id"] for one in page["drafts"]}
    last = read(cast.owner, page["next"]).json()
    kept |= {one["id"] for one in last["drafts"]}
    kept -= {one["id"] for one in last["gone"]}
    assert kept == {new["id"], *by_id} - {seen[0], unseen[0]}


@pytest.mark.parametrize("token", ["x", "0", "a:b:c", "%00", "eyJh:1tX:zz"])
def test_an_unknown_token_says_start_over(cast, token):
    answer = read(cast.owner, token)
    if token == "%00":
        assert answer.status_code == 400
        return
    assert (answer.status_code, answer.json()["code"]) == (410, "sync_token_expired")
    assert "since" in answer.json()["detail"]


def test_a_token_of_another_account_is_refused_for_it_would_hide_things(cast):
    stories.filled(cast.stranger)
    token = read(cast.stranger).json()["next"]
    assert read(cast.owner, token).status_code == 410


def aged(owner, token, days, *, epoch=None):
    """Return a token as the server gave it `days` ago."""
    salt = f"{feed.SALT}:{owner}"
    made_in, seen, seeing, *after = signing.loads(token, salt=salt)
    seen[0] -= days * 86_400_000_000
    return signing.dumps([epoch or made_in, seen, seeing, *after], salt=salt, compress=True)


def test_a_token_lives_90_days_and_tombstones_outlive_it(cast):
    import datetime

    from common import clock

    owner = cast.owner.get("/api/v1/me").json()["id"]
    draft = stories.start(cast.owner).json()
    token = read(cast.owner).json()["next"]
    cast.owner.delete(f"/api/v1/drafts/{draft['id']}", version=draft["version"])
    day = datetime.timedelta(days=1)
    assert read(cast.owner, aged(owner, token, 89)).json()["gone"] != []
    assert read(cast.owner, aged(owner, token, 91)).status_code == 410
    assert feed.forget(now=clock.now() + 90 * day) == 0
    assert feed.forget(now=clock.now() + 92 * day) == 1
    stories.submitted(cast.owner)
    assert feed.forget(now=clock.now() + 92 * day) == 1  # the draft only: what lives is kept
    assert len(read(cast.owner).json()["dossiers"]) == 1


def test_an_idle_phone_still_gets_a_fresh_token_once_a_day(cast):
    owner = cast.owner.get("/api/v1/me").json()["id"]
    old = aged(owner, read(cast.owner).json()["next"], 2)
    assert read(cast.owner, old).json()["next"] != old


def test_after_a_restore_everybody_starts_over(cast):
    """The token names the system, its timeline and the table; a dump brings back none of them."""
    owner = cast.owner.get("/api/v1/me").json()["id"]
    token = read(cast.owner).json()["next"]
    assert read(cast.owner, aged(owner, token, 0)).status_code == 200
    assert read(cast.owner, aged(owner, token, 0, epoch="0" * 12)).status_code == 410


def test_numbers_of_a_dump_are_not_new_and_numbers_given_again_are(cast):
    """A crash may give out a number again; a dump may hold numbers that lie ahead."""
    draft = stories.start(cast.owner).json()
    token = read(cast.owner).json()["next"]
    change = (
        "UPDATE common_change SET xid = {}, changed_at = now() + interval '{}' WHERE kind='draft'"
    )
    with connection.cursor() as cursor:
        cursor.execute(change.format("pg_current_xact_id()::text::bigint + 100000", "-1 day"))
    assert read(cast.owner, token).json()["drafts"] == []
    assert [one["id"] for one in read(cast.owner).json()["drafts"]] == [draft["id"]]
    with connection.cursor() as cursor:
        cursor.execute(change.format("1", "1 second"))
    assert [one["id"] for one in read(cast.owner, token).json()["drafts"]] == [draft["id"]]


def test_a_token_stays_small_under_many_open_transactions():
    few = "100:109:" + ",".join(str(n) for n in range(100, 108))
    many = "100:900:" + ",".join(str(n) for n in range(100, 800))
    assert feed._short(few) == few
    assert feed._short(many) == "100:100:"


def test_everybody_sees_only_their_own(cast):
    stories.submitted(cast.owner)
    mine = read(cast.owner).json()
    theirs = read(cast.stranger).json()
    assert changed(theirs) & changed(mine) == set()
    assert "Nguyễn Thị Lan" not in json.dumps(mine, ensure_ascii=False)
    assert read(cast.anonymous).status_code == 401
    assert read(cast.reception).status_code == 403


@pytest.mark.parametrize("query", ["page_size=0", "page_size=101", "page_size=x", "since=", "x=1"])
def test_what_is_not_documented_is_refused(cast, query):
    answer = cast.owner.get(f"/api/v1/sync?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] in {"invalid", "page_size_invalid"}


def test_the_number_of_queries_does_not_grow_with_what_changed(cast, count_queries):
    counts = []
    for more in (1, 4):
        for _ in range(more):
            stories.submitted(cast.owner)
            stories.start(cast.owner)
        read(cast.owner)
        with count_queries() as queries:
            assert read(cast.owner).status_code == 200
        counts.append(len(queries))
    assert counts == [12, 12]
    token = read(cast.owner).json()["next"]
    with count_queries() as queries:
        assert read(cast.owner, token).status_code == 200
    assert len(queries) == 4  # two for the sign-in, two for the feed


def test_a_write_that_forgets_nothing_is_noted_whoever_writes(cast):
    """Raw SQL, bulk writes and deletes are noted alike: the trigger does it."""
    first = stories.start(cast.owner).json()
    phone = Phone(cast.owner.token)
    phone.sync()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE dossiers_draft SET service_code = '9.999999'")
    assert [one["service_code"] for one in phone.call()["drafts"]] == ["9.999999"]
    row = Draft.objects.get(client_id=first["id"])
    row.pk = None
    row.client_id = "00000000-0000-4000-8000-000000000001"
    Draft.objects.bulk_create([row])
    assert len(phone.call()["drafts"]) == 1
    Draft.objects.all().delete()
    assert len(phone.call()["gone"]) == 2
    assert phone.kept == {}
