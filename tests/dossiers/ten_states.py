"""A dossier brought into each state, and along each way there, by real moves."""

from payments.models import Payment
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, settle

DUE = [{"label_vi": "Phí thẩm định", "unit_vnd": 20_000}]


def give_back(dossier):
    """Mark what was paid as given back; the money's own tests show how it comes to that."""
    Payment.objects.filter(reference=dossier["id"], state="paid").update(
        state="refunded", refunded_vnd=16_000
    )


def go(api, dossier, name, state, **more):
    answer = move(api, dossier, name, state, **more)
    assert answer.status_code == 201, (name, answer.content)


def submitted(cast):
    return stories.submitted(cast.owner)


def paid(cast):
    dossier = submitted(cast)
    settle(dossier)
    return dossier


def received(cast):
    dossier = paid(cast)
    go(cast.reception, dossier, "receive", 1)
    return dossier


def refunded(cast):
    dossier = received(cast)
    give_back(dossier)
    return dossier


def forwarded(cast):
    dossier = received(cast)
    go(cast.reception, dossier, "forward", 2)
    return dossier


def proposed(cast):
    dossier = forwarded(cast)
    go(cast.handler, dossier, "propose", 4, result_text="Cấp 02 bản sao")
    return dossier


def signed(cast):
    dossier = proposed(cast)
    go(cast.approver, dossier, "sign", 4)
    return dossier


def returned(cast):
    dossier = signed(cast)
    go(cast.reception, dossier, "hand_over", 9)
    return dossier


def refused(cast):
    dossier = submitted(cast)
    go(cast.reception, dossier, "refuse", 1, reason="Không thuộc thẩm quyền")
    return dossier


def stopped(cast):
    dossier = forwarded(cast)
    go(cast.approver, dossier, "reject", 4, reason="Không đủ điều kiện")
    return dossier


def supplement_from(before, who, state):
    def build(cast):
        dossier = before(cast)
        go(getattr(cast, who), dossier, "request_supplement", state, reason="Thiếu giấy tờ")
        return dossier

    return build


def payment_from(before, who, state):
    def build(cast):
        dossier = before(cast)
        go(
            getattr(cast, who),
            dossier,
            "request_payment",
            state,
            reason="Phát sinh phí",
            lines=DUE,
        )
        return dossier

    return build


def withdrawn_from(before):
    def build(cast):
        dossier = before(cast)
        asked = cast.owner.post(f"/api/v1/dossiers/{dossier['id']}/withdrawal", {})
        assert asked.status_code == 201, asked.content
        return dossier

    return build


# The ten official states, each reached one way.
TEN = {
    1: submitted,
    2: received,
    3: refused,
    4: forwarded,
    5: supplement_from(forwarded, "handler", 4),
    6: payment_from(forwarded, "handler", 4),
    7: withdrawn_from(forwarded),
    8: stopped,
    9: signed,
    10: returned,
}
# The same states reached another way, where that decides what may be done.
OTHERWISE = {
    "1 paid": paid,
    "2 given back": refunded,
    "4 proposed": proposed,
    "5 from 1": supplement_from(paid, "reception", 1),
    "5 from 1 unpaid": supplement_from(submitted, "reception", 1),
    "5 from 2": supplement_from(received, "reception", 2),
    "6 from 1": payment_from(paid, "reception", 1),
    "6 from 2": payment_from(received, "reception", 2),
    "6 from 9": payment_from(signed, "reception", 9),
    "7 from 1": withdrawn_from(paid),
    "7 from 1 unpaid": withdrawn_from(submitted),
    "7 from 2": withdrawn_from(received),
    "7 from 5": withdrawn_from(supplement_from(forwarded, "handler", 4)),
}
