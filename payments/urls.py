from django.urls import path

from payments import webhooks
from payments.api import citizen

urlpatterns = [
    path("payments", citizen.Payments.as_view()),
    path("payments/<str:payment_id>", citizen.PaymentDetail.as_view()),
    path("payments/<str:payment_id>/attempts", citizen.Attempts.as_view()),
    path("payments/<str:payment_id>/attempts/<str:attempt_id>", citizen.AttemptDetail.as_view()),
    path("payments/<str:payment_id>/receipt", citizen.ReceiptDetail.as_view()),
    path("payments/<str:payment_id>/receipt.pdf", citizen.ReceiptPaper.as_view()),
]

# Mounted at the root: providers and browsers know no version of the API.
webhook_patterns = [
    path("webhooks/payments/<slug:provider>", webhooks.receive),
    path("payments/return", webhooks.came_back),
]
