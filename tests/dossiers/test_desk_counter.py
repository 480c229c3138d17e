"""Paper at the counter as pages: whose it is, the form, what lies there, filed, printed."""

import re

import pytest

from dossiers.models import CounterFile, Dossier, Scan
from tests.dossiers import stories
from tests.dossiers.test_counter import CERTIFIED_COPY, GUARDIANSHIP, PERSON, paper_keys
from tests.dossiers.test_desk_moves import browser_of

DESK = "/admin/counter/"
COUNTER = "ttpvhcc-31135"
WHO = {**PERSON, "channel": "counter", "receiving_agency": COUNTER}
HOME = {"nyc_noi_cu_tru.line": "12 Nguyễn Trãi", "nyc_noi_cu_tru.ward_code": "31135"}


@pytest.fixture
def counter(cast):
    return browser_of("tiep-nhan")


def begun(browser, service=GUARDIANSHIP, **more):
    """Begin a file; return its address and its row."""
    answer = browser.post(f"{DESK}new/{service}/", WHO | more)
    assert answer.status_code == 302, answer.content.decode()
    row = CounterFile.objects.latest("created_at")
    return f"{DESK}{row.id}/", row


def version():
    return CounterFile.objects.latest("created_at").version


def save(browser, address, step, **data):
    return browser.post(f"{address}{step}/", {"version": version(), **data}, follow=True)


def answered(browser, address, answers, **more):
    named = {f"answers.{name}": value for name, value in answers.items()}
    return save(browser, address, "answers", **named, **more)


def test_a_walk_in_is_taken_in_from_the_search_to_the_printed_slip(cast, counter):
    found = counter.get(f"{DESK}?q=giam ho").content.decode()
    assert f"{DESK}new/{GUARDIANSHIP}/" in found
    address, row = begun(counter)
    assert (row.person["full_name"], row.person["phone"]) == ("Phạm Văn Quầy", "+84900000009")
    papers = counter.get(f"{address}papers/").content.decode()
    assert "Giấy tờ đã nhận bản giấy" in papers
    assert "1. Người nộp" in papers
    assert "Tờ khai" not in re.sub(r"(?s)<fieldset.*?</fieldset>|<select.*?</select>", "", papers)
    key = paper_keys(GUARDIANSHIP)[0]
    upload = {"paper_key": key, "key": "mot-lan", "file": stories.picture()}
    for _ in range(2):  # the same form again adds nothing
        upload["file"] = stories.picture()
        told = counter.post(f"{address}scans/", upload, follow=True).content.decode()
        assert "Đã thêm 1 tệp" in told
    assert Scan.objects.count() == 1
    save(counter, address, "papers", **{"original-0": "1", "copy-0": "2"})
    assert [(one["kind"], one["quantity"]) for one in CounterFile.objects.get().papers] == [
        ("original", 1),
        ("copy", 2),
    ]
    save(counter, address, "delivery", way="counter")
    shown = counter.get(f"{address}filing/").content.decode()
    assert "2 bản sao" in shown
    assert "Chưa có tài khoản đã xác thực" in shown
    done = counter.post(f"{address}file/", {"version": version()}, follow=True)
    text = done.content.decode()
    dossier = Dossier.objects.get()
    assert f"Đã nộp hồ sơ {dossier.code}" in text
    assert (dossier.state, dossier.channel, dossier.applicant_name) == (
        2,
        "counter",
        "Phạm Văn Quầy",
    )
    [slip] = re.findall(r'href="([^"]+/papers/[^"]+)"[^>]*>Giấy tiếp nhận', text)
    printed = counter.get(slip)
    assert printed.content.startswith(b"%PDF")
    assert printed["Content-Disposition"].startswith("inline")
    again = counter.post(f"{address}file/", {"version": version()})
    assert again.status_code == 302
    assert Dossier.objects.count() == 1
    assert counter.get(address).status_code == 302


def test_the_form_is_made_from_its_schema_checked_whole_and_keeps_what_was_typed(cast, counter):
    address, row = begun(counter, CERTIFIED_COPY)
    shown = counter.get(f"{address}answers/").content.decode()
    # The identity paper that the officer entered stands in the applicant's fields.
    assert 'value="Phạm Văn Quầy"' in shown
    assert 'value="092080000009"' in shown
    assert 'name="answers.nyc_noi_cu_tru.line"' in shown
    answered(counter, address, {"nyc_ho_ten": "Người Khác", **HOME}, stay="1")
    saved = CounterFile.objects.get().answers
    assert saved["nyc_ho_ten"] == "Người Khác"
    assert saved["nyc_noi_cu_tru"] == {"line": "12 Nguyễn Trãi", "ward_code": "31135"}
    key = paper_keys(CERTIFIED_COPY)[0]
    assert key
    save(counter, address, "papers", **{"original-0": "1"})
    refused = counter.post(f"{address}file/", {"version": version()})
    assert refused.status_code == 400
    text = refused.content.decode()
    assert "Bắt buộc phải có" in text
    assert "desk-wrong" in text
    assert not Dossier.objects.exists()
    assert CounterFile.objects.get().state == "open"


def test_a_form_filled_in_by_hand_is_filed(cast, counter):
    address, _ = begun(counter, CERTIFIED_COPY)
    schema = _schema(CERTIFIED_COPY)
    typed = {**_sample(schema), **HOME}
    typed |= {
        "nyc_ho_ten": "Phạm Văn Quầy",
        "nyc_so_dinh_danh": "092080000009",
        "nyc_noi_cu_tru.province_code": "92",
    }
    answered(counter, address, typed)
    save(counter, address, "papers", **{"original-0": "1"})
    done = counter.post(f"{address}file/", {"version": version()}, follow=True)
    assert "Đã nộp hồ sơ" in done.content.decode(), done.content.decode()
    kept = Dossier.objects.get().answers
    assert kept["nyc_ho_ten"] == "Phạm Văn Quầy"
    assert kept["nyc_noi_cu_tru"]["province_code"] == "92"


def test_a_colleague_who_saved_meanwhile_is_not_overruled_and_nothing_typed_is_lost(cast, counter):
    address, row = begun(counter, CERTIFIED_COPY)
    first = version()
    answered(counter, address, {"nyc_ho_ten": "Phạm Văn Quầy"}, stay="1")
    stale = counter.post(
        f"{address}answers/", {"version": first, "answers.nyc_ho_ten": "Gõ dở dang"}
    )
    assert stale.status_code == 409
    text = stale.content.decode()
    assert "Bản hiện tại là 2" in text
    assert 'value="Gõ dở dang"' in text
    assert CounterFile.objects.get().answers["nyc_ho_ten"] == "Phạm Văn Quầy"


def test_what_is_wrong_is_said_where_it_was_entered(cast, counter):
    wrong = counter.post(f"{DESK}new/{GUARDIANSHIP}/", WHO | {"id_number": "12"})
    assert (wrong.status_code, "Gồm đúng 12 chữ số" in wrong.content.decode()) == (400, True)
    assert "Phạm Văn Quầy" in wrong.content.decode()
    late = counter.post(f"{DESK}new/{GUARDIANSHIP}/", WHO | {"channel": "postal"})
    assert (late.status_code, "ngày bưu chính" in late.content.decode()) == (400, True)
    own = counter.post(f"{DESK}new/{GUARDIANSHIP}/", WHO | {"id_number": "092080000011"})
    assert own.status_code == 403
    assert not CounterFile.objects.exists()
    address, _ = begun(counter)
    post = save(counter, address, "delivery", way="post", name="Quầy")
    assert (post.status_code, "Cần để gửi qua bưu chính" in post.content.decode()) == (400, True)
    many = save(counter, address, "papers", **{"original-0": "99999"})
    assert (many.status_code, "Số lượng từ 1 đến 1000" in many.content.decode()) == (400, True)
    bad = {"paper_key": paper_keys(GUARDIANSHIP)[0], "file": _text()}
    assert counter.post(f"{address}scans/", bad).status_code in {400, 415}
    empty = counter.post(f"{address}file/", {"version": version()})
    assert (empty.status_code, "Chưa ghi nhận giấy tờ" in empty.content.decode()) == (409, True)


def test_the_way_back_by_post_and_the_person_can_be_mended(cast, counter):
    address, _ = begun(counter)
    save(
        counter,
        address,
        "delivery",
        way="post",
        name="Phạm Văn Quầy",
        phone="0900000009",
        line="1 Trần Hưng Đạo",
        ward_code="31135",
        province_code="92",
    )
    row = CounterFile.objects.get()
    assert (row.delivery_way, row.delivery_address["phone"]) == ("post", "+84900000009")
    save(counter, address, "person", **(PERSON | {"receiving_agency": "ttpvhcc-31120"}))
    assert CounterFile.objects.get().receiving_agency_id == "ttpvhcc-31120"


def test_a_file_is_thrown_away_with_what_it_says(cast, counter):
    address, _ = begun(counter)
    assert "Phạm Văn Quầy" in counter.get(DESK).content.decode()
    stale = counter.post(f"{address}discard/", {"version": 99})
    assert stale.status_code == 409
    counter.post(f"{address}discard/", {"version": version()})
    row = CounterFile.objects.get()
    assert (row.state, row.person) == ("discarded", {})
    assert "Phạm Văn Quầy" not in counter.get(DESK).content.decode()


def test_reception_of_another_agency_and_other_roles_find_nothing(cast, counter):
    address, row = begun(counter)
    for who, status in (("cai-khe", 404), ("thu-ly", 403)):
        browser = browser_of(who)
        for path in ("", "person/", "filing/"):
            assert browser.get(f"{address}{path}").status_code == status, (who, path)
        for path in ("file/", "discard/", "person/"):
            answer = browser.post(f"{address}{path}", {"version": 1, **PERSON})
            assert answer.status_code == status, (who, path)
        assert "Phạm Văn Quầy" not in browser.get(DESK).content.decode()
    row.refresh_from_db()
    assert (row.state, row.version) == ("open", 1)


def test_whoever_proved_the_number_sees_who_looked(cast, counter):
    lan = {"id_number": "092195000001", "full_name": "Nguyễn Thị Lan", "phone": ""}
    address, _ = begun(counter, **lan)
    counter.get(DESK)
    assert "có tài khoản đã xác thực" in counter.get(f"{address}filing/").content.decode()
    log = {one["what"] for one in cast.owner.get("/api/v1/me/access-log").json()["items"]}
    assert {"counter_file:list", "counter_file:read"} <= log


def test_the_list_costs_the_same_for_one_and_for_many(cast, counter, count_queries):
    counts = []
    for many in (1, 3):
        for _ in range(many):
            begun(counter)
        counter.get(DESK)
        with count_queries() as queries:
            counter.get(DESK)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def _schema(service):
    from common import clock
    from services import queries

    return queries.form_of(service, clock.today()).schema


def _sample(schema):
    """Return something that fits for every simple field that must be there."""
    found = {}
    for name in schema["required"]:
        one = schema["properties"][name]
        if "enum" in one:
            found[name] = one["enum"][0]
        elif one.get("type") == "boolean":
            found[name] = "true"
        elif one.get("type") == "integer":
            found[name] = str(max(one.get("minimum", 1), 1))
        elif one.get("format") == "date":
            found[name] = "2020-01-02"
        elif one.get("x-widget") == "phone":
            found[name] = "+84900000009"
        elif "pattern" not in one and "$ref" not in one:
            found[name] = "Mẫu"
    return found


def _text():
    import io

    out = io.BytesIO("chữ".encode())
    out.name = "a.txt"
    return out
