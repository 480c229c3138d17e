"""The books on the desk's pages: discrepancies, runs, disputes, the settlement report."""

import io
from typing import Any

import openpyxl
import pytest
from django.test import Client

from payments.models import Discrepancy, DiscrepancyEvent, Dispute, DisputeEvent, LedgerEntry
from tests.dossiers.test_desk_moves import browser_of
from tests.payments import disputing
from tests.payments.factories import World
from tests.payments.test_api_books import Desk, desk, found
from tests.payments.test_desk_receipts import sent, shown

pytestmark = pytest.mark.django_db
__all__ = ["desk", "found"]
WHY = "Cổng thanh toán đã sửa sao kê."
DAYS = "?first=2026-11-24&last=2026-11-24"
SPREADSHEETS = ("bang-ke-thu", "chenh-lech", "bien-lai")


def one(kind: str) -> Discrepancy:
    return Discrepancy.objects.get(kind=kind)


def test_a_discrepancy_is_looked_at_noted_and_resolved(found: Any, desk: Desk) -> None:
    row, before = one("amount_differs"), LedgerEntry.objects.count()
    cashier = browser_of("so-cashier")
    text = shown(cashier, "discrepancies/")
    assert "Số liệu khác nhau" in text
    assert "Cổng: 9.002 đồng · Sổ: 10.002 đồng" in text
    path = f"discrepancies/{row.id}/"
    assert 'id="resolve"' in shown(cashier, path)
    short = sent(cashier, f"{path}resolve/", kind="explained", note="ngắn")
    assert (short[0], "ngắn" in short[1]) == (400, True)
    assert sent(cashier, f"{path}resolve/", kind="mended", note=WHY)[0] == 400
    noted = sent(cashier, f"{path}resolve/", kind="note", note="Đã hỏi cổng thanh toán.")[1]
    assert "Đã hỏi cổng thanh toán." in noted
    done = sent(cashier, f"{path}resolve/", kind="corrected_there", note=WHY)[1]
    assert "Đã ghi: Cổng đã sửa sao kê." in done
    assert 'id="resolve"' not in done
    row.refresh_from_db()
    assert (row.state, row.resolution) == ("resolved", "corrected_there")
    whats = DiscrepancyEvent.objects.filter(discrepancy=row).order_by("id")
    assert list(whats.values_list("what", flat=True)) == ["found", "noted", "resolved"]
    again = sent(cashier, f"{path}resolve/", kind="explained", note=WHY)
    assert (again[0], "đã được xử lý" in again[1]) == (409, True)
    assert row.id not in shown(cashier, "discrepancies/")
    assert row.id in shown(cashier, "discrepancies/?state=resolved")
    assert row.id in shown(cashier, "discrepancies/?state=all")
    assert LedgerEntry.objects.count() == before


def test_who_sees_which_discrepancy_and_who_resolves(found: Any, desk: Desk) -> None:
    ours, nobodys = one("amount_differs"), one("missing_here")
    elsewhere, centre = browser_of("so-elsewhere"), browser_of("so-centre")
    auditor, handler = browser_of("so-auditor"), browser_of("so-handler")
    body = {"kind": "explained", "note": WHY}
    assert ours.id not in shown(elsewhere, "discrepancies/?state=all")
    assert elsewhere.get(f"/admin/money/discrepancies/{ours.id}/").status_code == 404
    assert sent(elsewhere, f"discrepancies/{ours.id}/resolve/", **body)[0] == 404
    assert nobodys.id in shown(centre, "discrepancies/")
    assert ours.id not in shown(centre, "discrepancies/")
    assert 'id="resolve"' not in shown(auditor, f"discrepancies/{ours.id}/")
    assert sent(auditor, f"discrepancies/{ours.id}/resolve/", **body)[0] == 403
    for path in ("discrepancies/", f"discrepancies/{ours.id}/", "runs/", "disputes/", "report/"):
        assert handler.get(f"/admin/money/{path}").status_code == 403
        assert Client().get(f"/admin/money/{path}").status_code == 302
    assert sent(handler, f"discrepancies/{ours.id}/resolve/", **body)[0] == 403
    ours.refresh_from_db()
    assert ours.state == "open"
    # The sums of a whole statement are the centre's to see.
    assert "3 chênh lệch của cơ quan" in shown(auditor, "runs/")
    assert "Cổng:" not in shown(auditor, "runs/")
    assert "Cổng:" in shown(centre, "runs/")


def test_a_dispute_is_read_and_what_was_done_is_written_down(world: World, desk: Desk) -> None:
    attempt = world.pay(world.owe(16_000))
    disputing.open_dispute(world, attempt, fee=1_500)
    world.deliver()
    row = Dispute.objects.get()
    cashier, auditor = browser_of("so-cashier"), browser_of("so-auditor")
    text = shown(cashier, "disputes/")
    assert row.id in text
    assert "cần chứng cứ trước 10:00 01/12/2026" in text
    assert row.id not in shown(cashier, "disputes/?state=won")
    path = f"disputes/{row.id}/"
    assert "1.500 đồng" in shown(auditor, path)
    assert 'id="note"' not in shown(auditor, path)
    body = {"text": "Đã gửi biên lai cho cổng thanh toán."}
    assert sent(auditor, f"{path}note/", **body)[0] == 403
    assert sent(cashier, f"{path}note/", text="ngắn")[0] == 400
    for _ in range(2):
        told = sent(cashier, f"{path}note/", once="ghi-mot-lan", **body)[1]
    assert body["text"] in told
    assert DisputeEvent.objects.filter(what="noted").count() == 1
    elsewhere = browser_of("so-elsewhere")
    assert row.id not in shown(elsewhere, "disputes/")
    assert elsewhere.get(f"/admin/money/{path}").status_code == 404
    assert sent(elsewhere, f"{path}note/", **body)[0] == 404


def test_the_report_and_its_workbooks(world: World, desk: Desk) -> None:
    first = world.pay(world.owe(16_000))
    world.pay(world.owe(20_000))
    world.refund(first.payment, 6_000)
    world.drain()
    auditor = browser_of("so-auditor")
    for query in ("report/", f"report/{DAYS}"):
        text = shown(auditor, query)
        for words in ("36.000 đồng", "6.000 đồng", "30.000 đồng", "2 lượt"):
            assert words in text, words
    empty = shown(auditor, "report/?first=2026-11-25&last=2026-11-25")
    assert "36.000" not in empty
    for query in ("?first=2026-11-24&last=2026-11-23", "?first=x&last=2026-11-23"):
        assert auditor.get(f"/admin/money/report/{query}").status_code == 400
    for name in SPREADSHEETS:
        answer = auditor.get(f"/admin/money/report/{name}.xlsx{DAYS}")
        assert answer.status_code == 200
        assert answer["Content-Disposition"] == (
            f'attachment; filename="{name}-20261124-20261124.xlsx"'
        )
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        assert book.worksheets[0]["A2"].value == "Ủy ban nhân dân phường Cái Khế"
    assert auditor.get(f"/admin/money/report/khac.xlsx{DAYS}").status_code == 404
    assert "36.000" not in shown(browser_of("so-elsewhere"), f"report/{DAYS}")
    handler = browser_of("so-handler")
    assert handler.get(f"/admin/money/report/bien-lai.xlsx{DAYS}").status_code == 403


def test_the_lists_cost_the_same_for_one_and_for_many(
    found: Any, desk: Desk, count_queries: Any
) -> None:
    cashier = browser_of("so-cashier")
    paths = ("discrepancies/?state=all", "discrepancies/?state=open")
    counts = []
    for path in paths:
        shown(cashier, path)
        with count_queries() as queries:
            shown(cashier, path)
        counts.append(len(queries))
        Discrepancy.objects.filter(kind__in=["doubled", "missing_there"]).update(
            state="resolved", resolution="accepted", closed_at="2026-11-25T02:30:00+07:00"
        )
    assert counts[0] == counts[1]
