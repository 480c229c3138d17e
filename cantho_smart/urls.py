"""Every address of the product."""

from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import (
    SpectacularRedocView,
    SpectacularSwaggerView,
    SpectacularYAMLAPIView,
)

from cantho_smart.screens import document, home, pages, sync
from dossiers import admin as desk
from dossiers.api.files import Followed
from dossiers.api.public import slip_page
from dossiers.api.validator import validate_page
from payments.urls import webhook_patterns

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", pages.livez),
    path("readyz", pages.readyz),
    path("openapi.json", document.Document.as_view(), name="schema"),
    path("openapi.yaml", SpectacularYAMLAPIView.as_view()),
    path("docs", SpectacularSwaggerView.as_view(url_name="schema")),
    path("redoc", SpectacularRedocView.as_view(url_name="schema")),
    path("problems", pages.problems),
    path("problems/<str:code>", pages.problem),
    path("t/<str:token>", slip_page),
    path("files/<str:token>", Followed.as_view()),
    path("validate", validate_page),
    path("admin/", desk.site.urls),
    path("api/auth/", include("allauth.headless.urls")),
    path("api/v1/", include("citizens.urls")),
    path("api/v1/", include("services.urls")),
    path("api/v1/", include("dossiers.urls")),
    path("api/v1/", include("payments.urls")),
    path("api/v1/me/home", home.Home.as_view()),
    path("api/v1/sync", sync.Sync.as_view()),
    path("api/v1/me/documents", home.AcceptedPapers.as_view()),
    path("", include(webhook_patterns)),
]

handler400 = "common.http.bad_request"
handler404 = "common.http.page_not_found"
handler500 = "common.http.server_error"
