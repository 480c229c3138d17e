from django.urls import path

from services.api import views

urlpatterns = [
    path("services", views.Services.as_view()),
    path("services/<str:code>", views.ServiceDetail.as_view()),
    path("services/<str:code>/form", views.ServiceForm.as_view()),
    path("services/<str:code>/fee-quote", views.FeeQuotes.as_view()),
    path("agencies", views.Agencies.as_view()),
    path("fields", views.Fields.as_view()),
    path("places", views.Places.as_view()),
]
