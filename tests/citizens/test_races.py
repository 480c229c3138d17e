"""Real threads, real commits: guesses, refreshes, links and limits all at once."""

import uuid
from collections import Counter

import pytest
from django.core.cache import cache

from citizens import rules
from citizens.actions import codes, desk, devices, identity
from citizens.models import CodeAllowance, Device, Identity, User
from citizens.rules import Claims
from common import clock, db
from tests.citizens.test_api_sign_in import code_sent_to, refresh, sign_up, signed_up, verify
from tests.conftest import Api
from tests.payments.factories import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_guesses_sent_all_at_once_are_counted_one_by_one():
    token = sign_up(Api()).json()["meta"]["session_token"]
    right = code_sent_to()
    wrong = [f"{number:06d}" for number in range(24) if f"{number:06d}" != right]
    answers = together(len(wrong), lambda index: verify(Api(), token, wrong[index]))
    looked_at = [a for a in answers if "incorrect_code" in a.content.decode()]
    assert 1 <= len(looked_at) <= 3, Counter(a.status_code for a in answers)
    assert {a.status_code for a in answers} <= {400, 401, 409, 410, 429}
    for _ in range(3 - len(looked_at)):
        verify(Api(), token, wrong[0])
    assert verify(Api(), token, right).status_code >= 400
    assert not User.objects.filter(phone_verified=True).exists()


def test_refreshes_sent_all_at_once_all_work():
    token = signed_up(Api())["refresh_token"]
    answers = together(8, lambda _: refresh(Api(), token))
    assert {answer.status_code for answer in answers} == {200}
    for answer in answers:
        assert refresh(Api(), answer.json()["data"]["refresh_token"]).status_code == 200


def test_two_sign_ups_that_prove_one_phone_at_once_leave_one_owner(monkeypatch):
    from allauth.core import ratelimit

    monkeypatch.setattr(ratelimit, "consume", lambda *args, **kwargs: True)
    pending = []
    for _ in range(4):
        token = sign_up(Api()).json()["meta"]["session_token"]
        pending.append((token, code_sent_to()))
    answers = together(4, lambda index: verify(Api(), *pending[index]))
    assert Counter(a.status_code == 200 for a in answers) == {True: 1, False: 3}
    assert {a.status_code for a in answers} <= {200, 400, 409}
    assert User.objects.filter(phone_verified=True).count() == 1


def test_one_number_linked_by_many_accounts_at_once_belongs_to_one():
    users = [User.objects.create_user() for _ in range(8)]
    claims = Claims("https://vneid.example", "p", 2, "Lê Thị Mẫu", None, "092195000077")

    def link(index):
        return identity.link(user_id=users[index].id, claims=claims, now=clock.now())

    answers = together(8, link)
    assert sorted(str(type(answer).__name__) for answer in answers) == ["NumberTaken"] * 7 + ["int"]
    assert User.objects.filter(assurance_level=2).count() == 1
    assert Identity.objects.count() == 1


def test_the_daily_limit_of_codes_holds_under_any_number_of_hands(monkeypatch):
    monkeypatch.setattr(rules, "CODES_TO_ONE_A_DAY", 5)

    def spend(_):
        with db.transaction():
            codes.spend(to="+84912345678", now=clock.now())
        return "sent"

    answers = together(16, spend)
    assert Counter(a if a == "sent" else type(a).__name__ for a in answers) == {
        "sent": 5,
        "CodesSpent": 11,
    }
    # Who was refused used up nothing of what all share.
    assert sorted(CodeAllowance.objects.values_list("sent", flat=True)) == [5, 5]


def test_one_phone_registered_by_many_requests_is_one_device():
    user = User.objects.create_user()
    installation = uuid.uuid4()

    def register(_):
        return devices.register(
            user_id=user.id,
            session_key="s",
            installation_id=installation,
            expected_version=0,
            platform="ios",
            token="t",
            app_version="1",
            now=clock.now(),
        )

    answers = together(8, register)
    assert Counter(type(answer).__name__ for answer in answers) == {"Device": 1, "StaleVersion": 7}
    assert Device.objects.count() == 1


def test_an_officers_proofs_guessed_all_at_once_are_counted_one_by_one(settings):
    settings.CACHES = {  # as it is where nothing else is configured
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "common_cache",
        }
    }
    cache.clear()

    def guess(index):
        return desk.officer_of(email="ai-do@demo.invalid", password=f"p{index}", code="000000")

    answers = together(16, guess)
    assert Counter(type(answer).__name__ for answer in answers) == {
        "DeskSignInRefused": desk.TRIES,
        "DeskSignInTooOften": 16 - desk.TRIES,
    }
