"""Looking up without signing in: how far, never who; alike for whoever guesses; limited exactly."""

import datetime
import json

import pytest

from common import clock as real
from common import limits
from common.models import RateCount
from dossiers.actions import lookups
from dossiers.models import Dossier
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, received
from tests.dossiers.test_races import together

PRIVATE = ("Nguyễn Thị Lan", "092195000001", "+84900000001", "Nguyễn Trãi", "Cán bộ")
UNKNOWN = "H13.022-990101-0001"
STAGES = ("sent", "received", "processing", "done", "returned")


def look(api, code, pin=None, **headers):
    body = {"dossier_code": code} | ({"pin": pin} if pin else {})
    return api.post("/api/v1/lookup", body, key=None, **headers)


def wrong(pin):
    return ("0" if pin[0] != "0" else "1") + pin[1:]


def test_the_code_alone_tells_the_state_and_not_what_it_is_about(cast, clock):
    dossier = stories.submitted(cast.owner)
    answer = look(cast.anonymous, dossier["code"].lower())
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == {
        "dossier_code": dossier["code"],
        "state": {"code": 1, "key": "submitted", "name": "Mới đăng ký"},
        "stage": "sent",
        "submitted_at": "2026-11-24T10:00:00+07:00",
        "received_at": None,
        "due_at": None,
        "finished_at": None,
        "results": [],
        "service_code": None,
        "service_name": None,
        "office": None,
        "steps": [],
    }


def test_the_pin_tells_the_unit_and_the_steps_and_no_names(cast):
    dossier = received(cast)
    assert move(cast.reception, dossier, "forward", 2).status_code == 201
    assert move(cast.handler, dossier, "propose", 4, result_text="Cấp").status_code == 201
    one = Dossier.objects.select_related("receiving_agency", "competent_agency").get()
    found = look(cast.anonymous, dossier["code"], f" {dossier['lookup_pin'].upper()} ").json()
    reception, unit = one.receiving_agency.name_vi, one.competent_agency.name_vi
    assert (found["service_code"], found["office"]) == (stories.EXTRACT, unit)
    assert [(step["move"], step["title"], step["office"]) for step in found["steps"]] == [
        ("submit", "Đã gửi hồ sơ", ""),
        ("receive", "Hồ sơ đã được tiếp nhận", reception),
        ("forward", "Hồ sơ đang được xử lý", unit),
        ("propose", "Hồ sơ đã được thẩm định", unit),
    ]
    assert set(found["steps"][0]) == {"move", "title", "state", "office", "at"}
    for private in PRIVATE:
        assert private not in json.dumps(found, ensure_ascii=False)


@pytest.mark.parametrize("code", [UNKNOWN, "x", "' OR 1=1 --", "H13.022", "hồ sơ", "0" * 60])
@pytest.mark.parametrize("pin", [None, "aaaaaa", "'", "ă"])
def test_unknown_and_malformed_codes_answer_alike(cast, code, pin):
    answer = look(cast.anonymous, code, pin)
    assert answer.status_code == 404
    assert answer.json() | {"request_id": ""} == {
        "type": "/problems/dossier_unknown",
        "title": "Không tìm thấy hồ sơ với thông tin này",
        "status": 404,
        "detail": "Không tìm thấy hồ sơ với thông tin này",
        "code": "dossier_unknown",
        "request_id": "",
        "errors": [],
    }


def test_a_wrong_pin_takes_the_same_way_as_an_unknown_code(cast, count_queries):
    dossier = stories.submitted(cast.owner)
    bodies, counts = [], []
    for code in (dossier["code"], UNKNOWN, "' OR 1=1 --"):
        with count_queries() as queries:
            answer = look(cast.anonymous, code, wrong(dossier["lookup_pin"]))
        assert answer.status_code == 404
        bodies.append(answer.json() | {"request_id": ""})
        counts.append(len(queries))
    assert bodies[0] == bodies[1] == bodies[2]
    assert counts == [7, 7, 7]
    counts = []
    for code in (UNKNOWN, "x"):
        with count_queries() as queries:
            look(cast.anonymous, code)
        counts.append(len(queries))
    assert counts == [5, 5]


def test_look_up_is_limited_and_says_how_long_to_wait(cast, clock):
    seen = [look(cast.anonymous, UNKNOWN) for _ in range(31)]
    assert [answer.status_code for answer in seen] == [404] * 30 + [429]
    assert seen[-1]["Retry-After"] == "60"
    assert seen[-1].json()["code"] == "too_many_requests"
    clock.shift(datetime.timedelta(seconds=59))
    assert look(cast.anonymous, UNKNOWN)["Retry-After"] == "1"
    clock.shift(datetime.timedelta(seconds=1))
    assert look(cast.anonymous, UNKNOWN).status_code == 404


def test_a_forged_address_buys_nothing(cast, settings):
    for number in range(30):
        look(cast.anonymous, UNKNOWN, **{"X-Forwarded-For": f"10.0.0.{number}"})
    assert look(cast.anonymous, UNKNOWN, **{"X-Forwarded-For": "10.0.1.1"}).status_code == 429


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_what_counts_as_one_address(address, counted):
    assert limits.network(address) == counted


def test_no_address_and_no_code_rests_in_clear(cast):
    look(cast.anonymous, UNKNOWN, "aaaaaa")
    keys = " ".join(RateCount.objects.order_by("key").values_list("key", flat=True))
    assert keys.count(":") == 5
    assert "127.0.0.1" not in keys
    assert "H13" not in keys


def test_wrong_pins_lock_for_ten_minutes_and_known_ones_cost_nothing(cast, clock):
    dossier = stories.submitted(cast.owner)
    code, pin = dossier["code"], dossier["lookup_pin"]
    for _ in range(8):
        assert look(cast.anonymous, code, pin).status_code == 200
    seen = [look(cast.anonymous, code, wrong(pin)).status_code for _ in range(6)]
    assert seen == [404] * 5 + [429]
    locked = look(cast.anonymous, code, pin)  # also the right one, or it would tell
    assert (locked.status_code, locked["Retry-After"]) == (429, "600")
    # Whoever holds the slip is not kept out: the code tells the state, the QR code all.
    assert look(cast.anonymous, code).status_code == 200
    assert cast.anonymous.get("/t/" + dossier["lookup_url"].rsplit("/", 1)[-1]).status_code == 200
    clock.shift(datetime.timedelta(minutes=10))
    assert look(cast.anonymous, code, pin).status_code == 200


def test_a_pin_lock_from_elsewhere_does_not_hold_the_holder(cast, clock):
    dossier = stories.submitted(cast.owner)
    now = real.now()
    code, pin = dossier["code"], dossier["lookup_pin"]

    def guess(address, text):
        try:
            lookups.look(code=code, pin=text, address=address, now=now)
        except lookups.DossierUnknown:
            return 404
        except lookups.TooManyRequests:
            return 429
        return 200

    for number in range(5):
        assert guess("203.0.113.1", wrong(pin)) == 404, number
    assert guess("203.0.113.1", wrong(pin)) == 429
    assert guess("203.0.113.2", pin) == 200
    for number in range(25):  # from many addresses: 30 wrong ones about one code
        assert guess(f"198.51.100.{number}", wrong(pin)) == 404, number
    assert guess("203.0.113.2", pin) == 429
    assert guess("203.0.113.2", None) == 200


def test_when_everybody_misses_whoever_misses_waits_and_whoever_knows_is_served(
    cast, clock, monkeypatch
):
    monkeypatch.setattr(lookups, "MISSES_OF_ALL", 10)
    dossier = stories.submitted(cast.owner)
    now = real.now()
    for number in range(3):
        for host in range(4):
            with pytest.raises(lookups.DossierUnknown):
                lookups.look(code=f"x{number}", pin=None, address=f"198.51.100.{host}", now=now)
    for code in ("x", dossier["code"]):
        with pytest.raises(lookups.TooManyRequests) as refused:
            lookups.look(code=code, pin=None, address="198.51.100.1", now=now)
        assert refused.value.retry_after == 60
    found = lookups.look(code=dossier["code"], pin=None, address="203.0.113.1", now=now)
    assert found.code == dossier["code"]


def test_old_counts_are_swept(cast, clock):
    look(cast.anonymous, UNKNOWN, "aaaaaa")
    assert RateCount.objects.count() == 5
    assert limits.sweep(now=real.now() + datetime.timedelta(hours=47)) == 0
    assert limits.sweep(now=real.now() + datetime.timedelta(hours=49)) == 5


@pytest.mark.django_db(transaction=True)
def test_parallel_calls_cannot_share_the_last_place(cast):
    dossier = stories.submitted(cast.owner)
    code, pin = dossier["code"], dossier["lookup_pin"]
    answers = together(16, lambda n: [look(cast.anonymous, UNKNOWN).status_code for _ in range(3)])
    flat = [status for each in answers for status in each]
    assert (flat.count(404), flat.count(429)) == (30, 18)
    RateCount.objects.all().delete()
    answers = together(16, lambda n: look(cast.anonymous, code, wrong(pin)).status_code)
    assert (answers.count(404), answers.count(429)) == (5, 11)


# --- the page behind the code of the slip -------------------------------------------------------


def page(api, dossier, query="", **headers):
    return api.get("/t/" + dossier["lookup_url"].rsplit("/", 1)[-1] + query, **headers)


def marks(answer):
    import re

    return re.findall(r'<li class="(\w+)"', answer.content.decode())


def test_the_page_tells_how_far_it_is_and_nothing_personal(cast, count_queries):
    dossier = received(cast)
    with count_queries() as queries:
        answer = page(cast.anonymous, dossier)
    assert (answer.status_code, len(queries)) == (200, 1)
    text = answer.content.decode()
    one = Dossier.objects.select_related("receiving_agency").get()
    due = f"{one.due_at.astimezone(real.HCM):%H:%M, %d/%m/%Y}"
    for shown in (dossier["code"], "Được tiếp nhận", due, one.receiving_agency.name_vi):
        assert shown in text
    assert marks(answer) == ["done", "now", "todo", "todo", "todo"]
    assert text.count('aria-current="step"') == 1
    for private in (*PRIVATE, dossier["lookup_pin"], dossier["id"]):
        assert private not in text
    assert "thử nghiệm" in text


def test_the_page_loads_and_runs_nothing(cast):
    answer = page(cast.anonymous, stories.submitted(cast.owner))
    text = answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'nonce-")
    assert f'nonce="{policy.split("nonce-")[1].split(chr(39))[0]}"' in text
    assert "unsafe" not in policy
    for outside in ("<script", "http://", "https://", "url(", "@import", " style=", " onclick"):
        assert outside not in text
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    assert answer["X-Robots-Tag"] == "noindex"
    other = page(cast.anonymous, stories.submitted(cast.owner))
    assert other["Content-Security-Policy"] != policy


def test_the_page_is_vietnamese_and_english_when_asked(cast):
    dossier = stories.submitted(cast.owner)
    vietnamese = page(cast.anonymous, dossier, **{"Accept-Language": "en"}).content.decode()
    english = page(cast.anonymous, dossier, "?lang=en", **{"Accept-Language": "vi"})
    assert '<html lang="vi">' in vietnamese
    assert "Mới đăng ký" in vietnamese
    assert '<html lang="en">' in english.content.decode()
    assert "Submitted" in english.content.decode()
    assert "Demonstration" in english.content.decode()
    assert english["Content-Language"] == "en"
    assert page(cast.anonymous, dossier, "?lang=<script>").content.decode().count("<script") == 0


def test_the_steps_of_a_refused_dossier_end_there(cast):
    dossier = stories.submitted(cast.owner)
    refused = move(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền của phường")
    assert refused.status_code == 201
    answer = page(cast.anonymous, dossier)
    assert marks(answer) == ["done", "end"]
    assert "Không thuộc thẩm quyền của phường" not in answer.content.decode()


@pytest.mark.parametrize("token", ["x", "0" * 26, "%27%20OR", "%2e%2e"])
def test_an_unknown_code_of_a_slip_says_so(cast, token):
    answer = cast.anonymous.get(f"/t/{token}")
    assert answer.status_code == 404
    assert "Không tìm thấy hồ sơ" in answer.content.decode()
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "No dossier was found" in cast.anonymous.get(f"/t/{token}?lang=en").content.decode()
