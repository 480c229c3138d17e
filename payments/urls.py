from django.urls import path

from payments import webhooks
from payments.api import (
    bills,
    checkouts,
    citizen,
    my_stalls,
    pay_codes,
    receipts,
    saved_bills,
    stalls,
)

urlpatterns = [
    path("payments", citizen.Payments.as_view()),
    path("payments/checkouts", checkouts.Checkouts.as_view()),
    path("payments/checkouts/<str:attempt_id>", checkouts.CheckoutDetail.as_view()),
    path("payments/<str:payment_id>", citizen.PaymentDetail.as_view()),
    path("payments/<str:payment_id>/attempts", citizen.Attempts.as_view()),
    path("payments/<str:payment_id>/attempts/<str:attempt_id>", citizen.AttemptDetail.as_view()),
    path(
        "payments/<str:payment_id>/attempts/<str:attempt_id>/closure",
        citizen.AttemptClosure.as_view(),
    ),
    path("payments/<str:payment_id>/pay-code", pay_codes.PaymentCode.as_view()),
    path("pay-codes/<str:code>", pay_codes.CodeDetail.as_view()),
    path("pay-codes/<str:code>/attempts", pay_codes.CodeAttempts.as_view()),
    path("receipts", receipts.Receipts.as_view()),
    path("payments/<str:payment_id>/receipt", receipts.ReceiptDetail.as_view()),
    path("payments/<str:payment_id>/receipt.pdf", receipts.ReceiptPaper.as_view()),
    path("payments/<str:payment_id>/receipts", receipts.PaymentReceipts.as_view()),
    path(
        "payments/<str:payment_id>/receipts/<str:receipt_id>/paper",
        receipts.PaymentReceiptPaper.as_view(),
    ),
    path(
        "payments/<str:payment_id>/receipts/<str:receipt_id>/prints",
        receipts.ReceiptPrints.as_view(),
    ),
    path(
        "payments/<str:payment_id>/receipts/<str:receipt_id>/prints/<str:number>",
        receipts.ReceiptPrint.as_view(),
    ),
    path("receipt-lookups/<str:lookup_code>", receipts.PublicReceipt.as_view()),
    path("billers", bills.Billers.as_view()),
    path("bills/lookups", bills.BillLookups.as_view()),
    path("bills/<str:bill_id>/payments", bills.BillPayments.as_view()),
    path("me/saved-bills", saved_bills.SavedBills.as_view()),
    path("me/saved-bills/<str:saved_bill_id>", saved_bills.SavedBillDetail.as_view()),
    path("stalls/<str:code>", stalls.StallDetail.as_view()),
    path("stalls/<str:code>/qr.svg", stalls.StallQr.as_view()),
    path("stalls/<str:code>/payments", stalls.StallPayments.as_view()),
    path("me/stalls", my_stalls.MyStalls.as_view()),
    path("me/stalls/<str:stall_id>", my_stalls.MyStallDetail.as_view()),
    path("me/stalls/<str:stall_id>/payments", my_stalls.MyStallPayments.as_view()),
    path(
        "me/stalls/<str:stall_id>/payments/<str:payment_id>/refund",
        my_stalls.MyStallRefund.as_view(),
    ),
    path("me/stalls/<str:stall_id>/daily-totals", my_stalls.MyStallDays.as_view()),
]

# Mounted at the root: providers and browsers know no version of the API.
webhook_patterns = [
    path("webhooks/payments/<slug:provider>", webhooks.receive),
    path("payments/return", webhooks.came_back),
    path("receipts/<str:lookup_code>", receipts.receipt_page),
    path("pay/<slug:code>", pay_codes.pay_page),
    path("stalls/<str:code>", stalls.stall_page),
]
