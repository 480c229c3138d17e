from django.urls import path

from payments import webhooks
from payments.api import checkouts, citizen, pay_codes, receipts

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
        "payments/<str:payment_id>/receipts/<str:receipt_id>/prints/<int:number>",
        receipts.ReceiptPrint.as_view(),
    ),
    path("receipt-lookups/<str:lookup_code>", receipts.PublicReceipt.as_view()),
]

# Mounted at the root: providers and browsers know no version of the API.
webhook_patterns = [
    path("webhooks/payments/<slug:provider>", webhooks.receive),
    path("payments/return", webhooks.came_back),
    path("receipts/<str:lookup_code>", receipts.receipt_page),
    path("pay/<slug:code>", pay_codes.pay_page),
]
