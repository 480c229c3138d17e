"""Simulated billers and a simulated market. No such company and no such market exists.

The customers and bills behind them live in the mock hub. A market that really stands in Cần Thơ is
not named: no public list of its stalls was found.
"""

from collections.abc import Iterator
from datetime import datetime

from payments.actions import billers, bodies, receipts, stalls

BILLERS = (
    billers.BillerRow(
        code="dien-mau",
        kind="electricity",
        name="Đơn vị cấp điện (MÔ PHỎNG)",
        code_pattern=r"MPD\d{7}",
        code_example="MPD0000001",
        code_hint="MPD và 7 chữ số",
    ),
    billers.BillerRow(
        code="nuoc-mau",
        kind="water",
        name="Đơn vị cấp nước (MÔ PHỎNG)",
        code_pattern=r"MPN\d{7}",
        code_example="MPN0000001",
        code_hint="MPN và 7 chữ số",
    ),
    billers.BillerRow(
        code="truong-mau",
        kind="tuition",
        name="Trường học (MÔ PHỎNG)",
        code_pattern=r"MPH\d{7}",
        code_example="MPH0000001",
        code_hint="MPH và 7 chữ số",
    ),
    billers.BillerRow(
        code="benh-vien-mau",
        kind="hospital",
        name="Bệnh viện (MÔ PHỎNG)",
        code_pattern=r"MPV\d{7}",
        code_example="MPV0000001",
        code_hint="MPV và 7 chữ số",
    ),
)
MARKETS = (
    stalls.MarketRow("cho-mau-1", "Chợ mẫu số 1 (MÔ PHỎNG)"),
    stalls.MarketRow("cho-mau-2", "Chợ mẫu số 2 (MÔ PHỎNG)"),
)
GOODS = ("Rau, củ, quả", "Thịt, cá", "Vải, quần áo", "Ăn uống")
STALLS = tuple(
    stalls.StallRow(
        market=market.code,
        number=f"A{number:02d}",
        goods=f"{GOODS[number % len(GOODS)]} (mẫu)",
        invitation=f"MOPHONG-A{number:02d}-2026",
    )
    for market in MARKETS
    for number in range(1, 7)
)


def load(*, now: datetime) -> Iterator[str]:
    """Put the simulated billers, markets and stalls in place, with the heads of their papers."""
    yield f"billers (simulated): {billers.import_billers(rows=BILLERS)}"
    placed = stalls.import_stalls(markets=MARKETS, rows=STALLS)
    heads = [
        *(_head(f"biller:{row.code}", row.name, row.code) for row in BILLERS),
        *(
            _head(one.beneficiary, f"Sạp {one.number}, {one.market.name}", one.code)
            for one in placed
        ),
    ]
    bodies.import_bodies(rows=heads, now=now)
    yield f"stalls (simulated): {len(placed)}; invitation codes MOPHONG-A01-2026 and so on"


def _head(beneficiary: str, name: str, code: str) -> bodies.CollectingBodyRow:
    return bodies.CollectingBodyRow(
        agency_code=beneficiary,
        name=name,
        address="",
        identifier=code,
        series_prefix=f"DEMO-XN-{code}"[:30],
        form_code=receipts.CONFIRMATION_FORM,
    )
