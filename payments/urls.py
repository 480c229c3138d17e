from django.urls import path

from payments import webhooks
from payments.api import bills, citizen, my_stalls, saved_bills, stalls

urlpatterns = [
    path("payments", citizen.Payments.as_view()),
    path("payments/<str:payment_id>", citizen.PaymentDetail.as_view()),
    path("payments/<str:payment_id>/attempts", citizen.Attempts.as_view()),
    path("payments/<str:payment_id>/attempts/<str:attempt_id>", citizen.AttemptDetail.as_view()),
    path("payments/<str:payment_id>/receipt", citizen.ReceiptDetail.as_view()),
    path("payments/<str:payment_id>/receipt.pdf", citizen.ReceiptPaper.as_view()),
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
    path("stalls/<str:code>", stalls.stall_page),
]
