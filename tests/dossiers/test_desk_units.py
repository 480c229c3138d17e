"""The agency's units and delegations on the desk's pages."""

import datetime

import pytest

from common import clock as real
from dossiers.models import Delegation, SeatEvent, Unit
from tests.dossiers import office
from tests.dossiers.desks import seat_of
from tests.dossiers.test_desk_moves import browser_of
from tests.dossiers.test_desk_staff import sent, shown

NEW = "Bộ phận Địa chính"


@pytest.fixture
def admin(cast):
    return browser_of("quan-tri")


def at(**delta):
    return f"{real.now() + datetime.timedelta(**delta):%Y-%m-%dT%H:%M}"


def lend(browser, giver, receiver, roles=("approver",), **more):
    body = {
        "giver_id": seat_of(giver).user_id,
        "receiver_id": seat_of(receiver).user_id,
        "roles": list(roles),
        "starts_at": "",
        "ends_at": at(days=7),
        **more,
    }
    return sent(browser, "lendings/make/", **body)


# --- units --------------------------------------------------------------------------------------


def test_a_unit_is_made_renamed_closed_and_opened_again(admin):
    assert f"Đã lập {NEW}" in sent(admin, "units/make/", name=NEW)[1]
    unit = Unit.objects.get(name=NEW)
    assert (unit.agency_id, unit.version) == ("ubnd-31135", 1)
    twice = sent(admin, "units/make/", name=NEW)
    assert (twice[0], "đã có bộ phận với tên này" in twice[1]) == (409, True)
    path = f"units/{unit.id}/"
    assert "Đã đổi tên" in sent(admin, f"{path}rename/", version=1, name="Địa chính")[1]
    stale = sent(admin, f"{path}rename/", version=1, name="Khác")
    assert stale[0] == 409
    assert "Đã đóng" in sent(admin, f"{path}close/", version=2)[1]
    unit.refresh_from_db()
    assert (unit.name, unit.active, unit.version) == ("Địa chính", False, 3)
    assert "Đã mở lại" in sent(admin, f"{path}reopen/", version=3)[1]
    unit.refresh_from_db()
    assert (unit.active, unit.version) == (True, 4)
    assert SeatEvent.objects.filter(what="unit_changed").count() == 3
    assert "Địa chính (đã đóng)" in shown(admin, "record/")


def test_a_unit_where_somebody_sits_stays_open(admin):
    unit = seat_of("thu-ly").unit
    told = sent(admin, f"units/{unit.id}/close/", version=unit.version)
    assert (told[0], "còn cán bộ đang làm việc" in told[1]) == (409, True)
    unit.refresh_from_db()
    assert unit.active


def test_units_of_another_agency_are_not_there_and_colleagues_only_read(admin):
    theirs = seat_of("tiep-nhan").unit
    assert theirs.name not in shown(admin, "units/")
    assert sent(admin, f"units/{theirs.id}/rename/", version=1, name="Của tôi")[0] == 404
    handler, ours = browser_of("thu-ly"), seat_of("thu-ly").unit
    text = shown(handler, "units/")
    assert ours.name in text
    assert 'id="make"' not in text
    assert sent(handler, "units/make/", name=NEW)[0] == 403
    assert sent(handler, f"units/{ours.id}/rename/", version=1, name=NEW)[0] == 403
    assert not Unit.objects.filter(name__in=[NEW, "Của tôi"]).exists()


# --- delegations --------------------------------------------------------------------------------


def test_an_officer_lends_what_is_theirs_and_ends_it_early(cast):
    signer, handler = browser_of("lanh-dao"), browser_of("thu-ly")
    assert "Đã ủy quyền" in lend(signer, "lanh-dao", "thu-ly")[1]
    row = Delegation.objects.get()
    assert (row.giver, row.receiver, row.roles) == (
        seat_of("lanh-dao"),
        seat_of("thu-ly"),
        ["approver"],
    )
    assert "đang có hiệu lực" in shown(handler, "lendings/")
    assert "Kết thúc sớm" not in shown(handler, "lendings/")
    assert sent(handler, f"lendings/{row.id}/end/", version=1)[0] == 403
    assert sent(signer, f"lendings/{row.id}/end/", version=2)[0] == 409
    assert "Đã kết thúc" in sent(signer, f"lendings/{row.id}/end/", version=1)[1]
    row.refresh_from_db()
    assert row.ended_at is not None
    assert sent(signer, f"lendings/{row.id}/end/", version=2)[0] == 409
    assert "kết thúc sớm" in shown(signer, "lendings/")


def test_only_ones_own_working_roles_are_offered_and_lent(cast):
    handler = browser_of("thu-ly")
    assert lend(handler, "thu-ly", "lanh-dao", roles=["approver"])[0] == 400
    assert lend(handler, "lanh-dao", "quan-tri")[0] == 400  # not one's own to lend
    late = lend(handler, "thu-ly", "lanh-dao", roles=["handler"], ends_at=at(days=-1))
    assert (late[0], "Phải sau lúc bắt đầu" in late[1]) == (400, True)
    long = lend(handler, "thu-ly", "lanh-dao", roles=["handler"], ends_at=at(days=181))
    assert (long[0], "Tối đa 180 ngày" in long[1]) == (400, True)
    assert not Delegation.objects.exists()
    auditor = shown(browser_of("kiem-tra"), "lendings/")
    assert 'id="lend"' not in auditor


def test_the_admin_lends_for_others_and_never_to_themselves(admin, cast):
    assert "Đã ủy quyền" in lend(admin, "lanh-dao", "thu-ly")[1]
    assert Delegation.objects.get().giver == seat_of("lanh-dao")
    assert lend(admin, "lanh-dao", "quan-tri")[0] in {400, 403}
    assert Delegation.objects.count() == 1
    row = Delegation.objects.get()
    assert f"Cho {row.receiver.title}: ký duyệt" in shown(admin, "record/")
    assert "Đã kết thúc" in sent(admin, f"lendings/{row.id}/end/", version=1)[1]


def test_another_agency_sees_no_delegation_and_ends_none(cast):
    lend(browser_of("lanh-dao"), "lanh-dao", "thu-ly")
    row = Delegation.objects.get()
    stranger = browser_of("tiep-nhan")
    assert "Công chức thụ lý" not in shown(stranger, "lendings/")
    assert sent(stranger, f"lendings/{row.id}/end/", version=1)[0] == 404
    assert lend(stranger, "tiep-nhan", "thu-ly", roles=["reception"])[0] == 400
    row.refresh_from_db()
    assert (row.ended_at, Delegation.objects.count()) == (None, 1)


def test_the_lists_cost_the_same_for_one_and_for_many(admin, sign_in, count_queries):
    counts = []
    for number in range(3):
        sent(admin, "units/make/", name=f"Bộ phận {number}")
        office.seat(sign_in, f"thu-{number}", ["handler"], number=f"09208000020{number}")
        assert lend(admin, "lanh-dao", f"thu-{number}")[0] == 200
        found = []
        for path in ("units/", "lendings/"):
            shown(admin, path)
            with count_queries() as queries:
                shown(admin, path)
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1] == counts[2]
