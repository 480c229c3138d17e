"""The public catalogue over HTTP, on the real data."""

import pytest


def codes(answer):
    return [item["code"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("dang ky ket hon", "1.000894"),
        ("Đăng ký kết hôn", "1.000894"),
        ("khai sinh", "1.001193"),
        ("trich luc", "2.000635"),
        ("lltp", "3.000333"),
        ("khai tu", "1.000656"),
        ("2.000635", "2.000635"),
    ],
)
def test_search_without_accents_puts_the_service_meant_first(anonymous, words, first):
    answer = anonymous.client.get("/api/v1/services", {"q": words})
    assert answer.status_code == 200
    assert codes(answer)[0] == first


def test_every_one_of_the_201_procedures_can_be_read(anonymous):
    seen, address = [], "/api/v1/services?page_size=100"
    while address:
        answer = anonymous.get(address).json()
        seen += [item["code"] for item in answer["items"]]
        address = answer["next"]
    assert len(seen) == len(set(seen)) == 201
    for code in seen:
        detail = anonymous.get(f"/api/v1/services/{code}")
        assert detail.status_code == 200
        assert detail.json()["source_url"].startswith("https://dichvucong.gov.vn/")


def test_pages_go_back_as_they_went_forward(anonymous):
    first = anonymous.get("/api/v1/services?page_size=7").json()
    second = anonymous.get(first["next"]).json()
    assert anonymous.get(second["previous"]).json()["items"] == first["items"]
    assert first["previous"] is None


def test_an_unknown_fee_is_said_to_be_unknown_and_never_free(anonymous):
    fee = anonymous.get("/api/v1/services/1.004873").json()["fee"]
    assert (fee["known"], fee["total"], fee["lines"]) == (False, None, [])
    assert "Hội đồng nhân dân" in fee["reason"]


def test_marriage_is_free_by_law(anonymous):
    fee = anonymous.get("/api/v1/services/1.000894").json()["fee"]
    assert (fee["known"], fee["total"]) == (True, {"amount": 0, "currency": "VND"})


def test_two_copies_of_an_extract_cost_sixteen_thousand(anonymous):
    answer = anonymous.post(
        "/api/v1/services/2.000635/fee-quote", {"answers": {"so_ban_sao": 2}}, key=None
    )
    assert answer.status_code == 200
    assert answer.json()["total"] == {"amount": 16000, "currency": "VND"}
    assert answer.json()["lines"][0]["reason_vi"] == "2 bản sao x 8.000 đồng"


def test_texts_follow_the_language_and_codes_do_not(anonymous):
    vi = anonymous.get("/api/v1/services/9.999999")
    en = anonymous.get("/api/v1/services/9.999999", **{"Accept-Language": "en"})
    assert vi.json()["code"] == en.json()["code"] == "unknown_service"
    assert vi.json()["title"] == "Không có thủ tục này trong danh mục"
    assert en.json()["title"] == "The catalogue has no such service"
    assert vi["Content-Type"] == en["Content-Type"] == "application/problem+json"


def test_an_unchanged_answer_costs_a_304(anonymous):
    first = anonymous.get("/api/v1/services/2.000635")
    again = anonymous.get("/api/v1/services/2.000635", **{"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert first["Cache-Control"].startswith("public")


@pytest.mark.parametrize("size", ["0", "101", "abc", "", "-1", "１"])
def test_a_page_size_outside_the_limits_is_refused(anonymous, size):
    answer = anonymous.client.get("/api/v1/services", {"page_size": size})
    assert answer.status_code == 400
    assert answer.json()["code"] in {"page_size_invalid", "invalid"}


def test_an_unknown_filter_is_refused_by_name(anonymous):
    answer = anonymous.get("/api/v1/services?colour=red")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "unknown_field"
    assert answer.json()["errors"][0]["param"] == "colour"


def test_receivers_of_a_commune_service_are_the_wards_centre_and_the_citys(anonymous):
    answer = anonymous.get("/api/v1/agencies?service_code=2.000635&place=31135")
    assert [item["key"] for item in answer.json()["items"]] == ["ttpvhcc", "ttpvhcc-31135"]


def test_the_number_of_queries_does_not_grow_with_the_list(anonymous, count_queries):
    counts = []
    for size in (1, 5, 100):
        with count_queries() as queries:
            assert anonymous.get(f"/api/v1/services?page_size={size}").status_code == 200
        counts.append(len(queries))
    assert counts == [1, 1, 1]


def test_the_form_is_a_json_schema_with_the_facts_that_fill_it(anonymous):
    form = anonymous.get("/api/v1/services/2.000635/form").json()
    assert (form["service_code"], form["number"], form["verified"]) == ("2.000635", 1, "read")
    assert form["schema"]["properties"]["nyc_ho_ten"]["title"] == "Họ, chữ đệm, tên người yêu cầu"
    assert {"field": "nyc_ho_ten", "fact": "person.full_name"}.items() <= next(
        rule for rule in form["prefill"] if rule["field"] == "nyc_ho_ten"
    ).items()
    assert anonymous.get("/api/v1/services/9.999999/form").status_code == 404


def test_fields_and_places_are_lists_to_choose_from(anonymous):
    fields = anonymous.get("/api/v1/fields").json()["items"]
    assert {"key": "ho_tich", "name_vi": "Hộ tịch"} in fields
    places = anonymous.client.get("/api/v1/places", {"q": "ninh kieu"}).json()["items"]
    assert places == [
        {
            "code": "31135",
            "name_vi": "Phường Ninh Kiều",
            "kind": "phường",
            "former_province_vi": "Thành phố Cần Thơ",
        }
    ]
