"""Signing up and in by phone, refreshing on a bad network, and the second factor of officers."""

import datetime

import pytest

from citizens.models import DevMessage

AUTH = "/api/auth/app/v1"
PHONE = "+84912345678"


def sign_up(api, phone=PHONE, password="mat-khau-rat-dai-2026"):
    return api.client.post(
        f"{AUTH}/auth/signup",
        {"phone": phone, "password": password},
        content_type="application/json",
    )


def code_sent_to(phone=PHONE):
    return DevMessage.objects.filter(to=phone).order_by("-id").first().text


def verify(api, session, code):
    return api.client.post(
        f"{AUTH}/auth/phone/verify",
        {"code": code},
        content_type="application/json",
        headers={"X-Session-Token": session},
    )


def signed_up(api):
    pending = sign_up(api)
    assert pending.status_code == 401
    flows = {flow["id"]: flow for flow in pending.json()["data"]["flows"]}
    assert flows["verify_phone"]["is_pending"]
    done = verify(api, pending.json()["meta"]["session_token"], code_sent_to())
    assert done.status_code == 200, done.content
    return done.json()["meta"]


def test_a_citizen_signs_up_by_phone_and_reads_the_account(anonymous):
    tokens = signed_up(anonymous)
    anonymous.token = tokens["access_token"]
    me = anonymous.get("/api/v1/me").json()
    assert (me["kind"], me["assurance_level"], me["phone_verified"]) == ("citizen", 0, True)
    assert me["phone_masked"] == "+84•••••678"
    assert me["full_name"] == ""


def test_a_wrong_code_signs_nobody_in(anonymous):
    pending = sign_up(anonymous)
    wrong = "000000" if code_sent_to() != "000000" else "111111"
    answer = verify(anonymous, pending.json()["meta"]["session_token"], wrong)
    assert answer.status_code == 400
    assert "access_token" not in str(answer.json())


def test_a_second_message_to_one_phone_at_once_is_refused_with_a_time_to_wait(anonymous):
    sign_up(anonymous)
    again = sign_up(anonymous)
    assert again.status_code in {401, 429}
    resend = anonymous.client.post(
        f"{AUTH}/auth/phone/verify/resend",
        {},
        content_type="application/json",
        headers={"X-Session-Token": again.json().get("meta", {}).get("session_token", "")},
    )
    assert resend.status_code < 500


def test_a_broken_body_is_answered_in_the_sign_ins_own_shape(anonymous):
    answer = anonymous.client.post(
        f"{AUTH}/auth/login", "{not json", content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "malformed_body"


def refresh(api, token):
    return api.client.post(
        f"{AUTH}/tokens/refresh", {"refresh_token": token}, content_type="application/json"
    )


def test_a_lost_answer_to_a_refresh_does_not_sign_the_phone_out(anonymous, clock):
    first = signed_up(anonymous)["refresh_token"]
    assert refresh(anonymous, first).status_code == 200
    clock.shift(datetime.timedelta(seconds=59))
    again = refresh(anonymous, first)
    assert again.status_code == 200
    assert refresh(anonymous, again.json()["data"]["refresh_token"]).status_code == 200


def test_a_refresh_token_used_after_its_grace_ends_the_session(anonymous, clock):
    first = signed_up(anonymous)["refresh_token"]
    second = refresh(anonymous, first).json()["data"]["refresh_token"]
    clock.shift(datetime.timedelta(seconds=61))
    assert refresh(anonymous, first).status_code == 400
    assert refresh(anonymous, second).status_code == 400


def test_signing_a_device_out_holds_within_one_request(anonymous):
    anonymous.token = signed_up(anonymous)["access_token"]
    sessions = anonymous.get("/api/v1/me/sessions").json()["items"]
    assert [item["is_current"] for item in sessions] == [True]
    gone = anonymous.delete(f"/api/v1/me/sessions/{sessions[0]['id']}", version=1)
    assert gone.status_code == 204
    assert anonymous.get("/api/v1/me").status_code == 401


def test_an_officer_needs_the_second_factor(people, anonymous):
    import time

    from allauth.mfa.totp.internal import auth as totp

    from seeds.people import PASSWORD, TOTP_SECRET

    pending = anonymous.client.post(
        f"{AUTH}/auth/login",
        {"email": "tiep-nhan@demo.invalid", "password": PASSWORD},
        content_type="application/json",
    )
    assert pending.status_code == 401
    flows = [flow["id"] for flow in pending.json()["data"]["flows"] if flow.get("is_pending")]
    assert flows == ["mfa_authenticate"]
    code = totp.format_hotp_value(totp.hotp_value(TOTP_SECRET, int(time.time()) // 30))
    done = anonymous.client.post(
        f"{AUTH}/auth/2fa/authenticate",
        {"code": code},
        content_type="application/json",
        headers={"X-Session-Token": pending.json()["meta"]["session_token"]},
    )
    assert done.status_code == 200, done.content
    anonymous.token = done.json()["meta"]["access_token"]
    assert anonymous.get("/api/v1/officer/dossiers").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_a_token_that_is_none_of_ours_is_401(anonymous, token):
    anonymous.token = token
    answer = anonymous.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


def test_the_development_doors_are_closed_in_production(settings, anonymous):
    settings.DEVELOPMENT = False
    assert anonymous.post("/api/v1/dev/sign-in", {"who": "lan"}, key=None).status_code == 404
    assert anonymous.get("/api/v1/dev/outbox?to=x").status_code == 404
