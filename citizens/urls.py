from django.conf import settings
from django.urls import path

from citizens.api import dev, sign_ins, views

urlpatterns = [
    path("me", views.Me.as_view()),
    path("me/consents", views.Consents.as_view()),
    path("me/vault", views.Vault.as_view()),
    path("me/vault/<str:key>", views.Fact.as_view()),
    path("me/access-log", views.AccessLog.as_view()),
    path("me/inbox", views.Inbox.as_view()),
    path("me/inbox/<str:message_id>/read", views.MessageRead.as_view()),
    path("me/password", views.Password.as_view()),
    path("me/sessions", sign_ins.Sessions.as_view()),
    path("me/sessions/<str:session_id>", sign_ins.SessionDetail.as_view()),
    path("me/devices", sign_ins.Devices.as_view()),
    path("me/devices/<str:installation_id>", sign_ins.DeviceDetail.as_view()),
]
if settings.DEVELOPMENT:
    urlpatterns += [
        path("dev/sign-in", dev.SignIn.as_view()),
        path("dev/outbox", dev.Outbox.as_view()),
    ]
