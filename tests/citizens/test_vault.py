"""The one gate to personal facts: what leaves, under which consent, and what it leaves behind."""

import datetime
import json

import pytest
from django.db import DatabaseError, connection
from django.db.transaction import atomic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citizens import queries
from citizens.actions import consents, inbox, papers, vault
from citizens.models import Consent, Identity, Message, Paper, User, VaultAccess, VaultField
from common import clock, db
from common.models import StoredFile

KEYS = ("person.full_name", "person.sex", "person.ethnicity", "person.phone", "spouse.full_name")


@pytest.fixture
def lan(people):
    return User.objects.get(email="lan@demo.invalid")


@pytest.fixture
def minh(people):
    return User.objects.get(email="minh@demo.invalid")


def decide(user, decision, purpose="prefill"):
    consents.decide(
        user_id=user.id,
        purpose=purpose,
        decision=decision,
        text_version="2026-1",
        channel="app",
        now=clock.now(),
    )


def learn(user, source="typed", verified=False, **facts):
    with db.transaction():
        vault.learn(
            citizen_id=user.id,
            facts={name.replace("__", "."): value for name, value in facts.items()},
            source=source,
            source_ref="dos_1",
            verified=verified,
            now=clock.now(),
        )


def release(user, keys=KEYS, purpose="prefill", reader_id=None, label="Bộ phận tiếp nhận"):
    with db.transaction():
        return vault.release(
            citizen_id=user.id,
            keys=keys,
            purpose=purpose,
            reader_id=reader_id,
            reader_label=label,
            reference="dos_1",
            now=clock.now(),
        )


@pytest.fixture
def known(lan):
    """Everything the gate must tell apart is in the vault."""
    learn(
        lan,
        person__ethnicity="kinh",
        person__phone="+84900000001",
        spouse__full_name="Trần Văn Minh",
    )
    return lan


@pytest.mark.parametrize("purpose", ["prefill", "prefill_ethnicity"])
def test_nothing_leaves_without_consent_and_nothing_is_logged(known, purpose):
    assert release(known, purpose=purpose) == {}
    assert not VaultAccess.objects.exists()


def test_each_consent_lets_out_its_own_facts_and_neither_a_third_persons(known):
    decide(known, "grant")
    assert set(release(known)) == {"person.full_name", "person.sex", "person.phone"}
    assert release(known, purpose="prefill_ethnicity") == {}
    decide(known, "withdraw")
    decide(known, "grant", "prefill_ethnicity")
    assert release(known) == {}
    assert set(release(known, purpose="prefill_ethnicity")) == {"person.ethnicity"}


def test_a_withdrawal_empties_the_very_next_answer(known):
    decide(known, "grant")
    assert release(known)
    decide(known, "withdraw")
    assert release(known) == {}


def test_what_the_law_lets_an_officer_see_needs_no_consent_and_leaves_a_row(known):
    seen = release(known, purpose="show_officer", reader_id="usr_officer")
    assert set(seen) == set(KEYS)
    [row] = VaultAccess.objects.order_by("id")
    assert (row.user_id, row.reader_id, row.purpose) == (known.id, "usr_officer", "show_officer")
    assert row.what == ", ".join(sorted(KEYS))


def test_the_person_reading_themselves_leaves_no_row(known):
    decide(known, "grant")
    assert release(known, reader_id=known.id)
    assert not VaultAccess.objects.exists()


def test_a_purpose_that_nobody_was_told_of_lets_nothing_out(known):
    with pytest.raises(ValueError, match="advertising"):
        release(known, purpose="advertising")


def test_the_gate_stands_inside_the_callers_transaction(known):
    with pytest.raises(db.TransactionMissing):
        vault.release(
            citizen_id=known.id,
            keys=KEYS,
            purpose="prefill",
            reader_id=None,
            reader_label="",
            reference="",
            now=clock.now(),
        )


def test_values_carry_where_they_came_from(lan):
    decide(lan, "grant")
    learn(lan, "dossier", verified=True, person__nationality="VN")
    released = release(lan)
    assert (released["person.sex"].source, released["person.sex"].verified) == ("identity", True)
    [row] = release(lan, ["person.nationality"]).values()
    assert (row.value, row.source, row.source_ref, row.verified) == ("VN", "dossier", "dos_1", True)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["identity", "dossier", "document", "typed"]),
            st.sampled_from(["Lan", "LAN", "Nguyễn Thị Lan", "Nguyễn  Thị  Lan", "Hoa"]),
            st.booleans(),
        ),
        max_size=6,
    )
)
def test_whatever_comes_after_the_identity_it_is_never_overwritten(people, steps):
    user = User.objects.create_user()
    proved = None
    for source, value, verified in steps:
        learn(user, source, verified, person__full_name=value)
        if source == "identity":
            proved = " ".join(value.split())
        row = VaultField.objects.filter(user=user, current=True).get()
        if proved is not None:
            assert (row.value, row.source) == (proved, "identity")
    rows = VaultField.objects.filter(user=user).order_by("id")
    assert [row.version for row in rows] == list(range(1, len(rows) + 1))


def test_the_newest_value_holds_and_the_older_ones_stay_as_history(lan):
    for phone in ("+84911111111", "+84922222222"):
        learn(lan, person__phone=phone)
    rows = VaultField.objects.filter(user=lan, key="person.phone").order_by("id")
    assert [(row.value, row.current, row.version) for row in rows] == [
        ("+84911111111", False, 1),
        ("+84922222222", True, 2),
    ]


def test_a_fact_that_is_in_no_dictionary_is_not_kept(lan):
    learn(lan, person__religion="x", criminal__record="x")
    assert not VaultField.objects.filter(key__in=["person.religion", "criminal.record"]).exists()


def test_reading_a_list_leaves_one_row_for_each_person_in_one_statement(lan, minh, count_queries):
    with db.transaction(), count_queries() as counted:
        vault.record_access(
            citizen_ids=[lan.id, minh.id, lan.id],
            reader_id="usr_officer",
            reader_label="Bộ phận tiếp nhận",
            what="danh sách hồ sơ",
            purpose="show_officer",
            reference="",
            now=clock.now(),
        )
    assert len(counted) == 1
    assert sorted(VaultAccess.objects.values_list("user_id", flat=True)) == sorted(
        [lan.id, minh.id]
    )


# --- what was decided is never rewritten --------------------------------------------------------


@pytest.mark.parametrize("model", [Consent, VaultAccess, Identity])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_logs_can_only_grow(known, model, change):
    decide(known, "grant")
    release(known, purpose="show_officer")
    assert model.objects.exists()
    before = model.objects.count()
    with pytest.raises(DatabaseError), atomic():
        getattr(model.objects.all(), change)(**({"user": known} if change == "update" else {}))
    assert model.objects.count() == before


# --- papers and messages ------------------------------------------------------------------------


def paper(user, now):
    stored, _ = StoredFile.objects.get_or_create(
        sha256="a" * 64,
        defaults={
            "size": 1,
            "media_type": "application/pdf",
            "verdict": StoredFile.Verdict.CLEAN,
            "stored_at": now,
        },
    )
    with db.transaction():
        papers.accept(
            citizen_id=user.id,
            component_code="000.00.00.G15",
            name="Giấy tờ mẫu",
            file_id=stored.pk,
            source_ref="dos_1",
            now=now,
        )


def test_an_accepted_paper_is_one_paper_and_is_offered_under_consent_only(lan, minh):
    now = clock.now()
    paper(lan, now)
    paper(lan, now + datetime.timedelta(days=1))
    assert Paper.objects.count() == 1
    assert queries.papers_for(lan.id, ["000.00.00.G15"]) == []
    decide(lan, "grant")
    assert [one.source_ref for one in queries.papers_for(lan.id, ["000.00.00.G15"])] == ["dos_1"]
    decide(minh, "grant")
    assert queries.papers_for(minh.id, ["000.00.00.G15"]) == []


def notify(user, key, now=None):
    with db.transaction():
        inbox.notify(
            citizen_id=user.id,
            kind="dossier_received",
            title_vi="Đã tiếp nhận",
            body_vi="Hồ sơ đã được tiếp nhận.",
            title_en="Received",
            body_en="The dossier was received.",
            reference="dos_1",
            dedupe_key=key,
            now=now or clock.now(),
        )


def jobs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'citizens.deliver'")
        return [json.loads(row[0]) for row in cursor.fetchall()]


def test_a_message_told_twice_is_one_message_and_one_job_with_an_id_only(lan):
    notify(lan, "dos_1:2")
    notify(lan, "dos_1:2")
    [message] = Message.objects.order_by("id")
    assert jobs() == [{"message_id": message.id}]


def test_a_message_is_delivered_once_however_often_the_job_runs(lan, drain, monkeypatch):
    from citizens import channels, tasks

    pushed = []
    monkeypatch.setattr(channels, "push", lambda **kwargs: pushed.append(kwargs))
    notify(lan, "dos_1:2")
    drain()
    [message] = Message.objects.order_by("id")
    tasks.deliver(message.id)
    assert pushed == [{"user_id": lan.id, "kind": "dossier_received", "message_id": message.id}]
    assert message.delivered_at is not None


def test_what_was_not_delivered_in_time_is_tried_again(lan, clock):
    from common import clock as wall

    notify(lan, "dos_1:2", now=wall.now())
    assert inbox.sweep(now=wall.now()) == 0
    clock.shift(datetime.timedelta(minutes=6))
    assert inbox.sweep(now=wall.now()) == 1
    assert len(jobs()) == 2
