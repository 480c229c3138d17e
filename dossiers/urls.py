from django.urls import path

from dossiers.api import calendar, citizen, clock, drafts, officer, public

urlpatterns = [
    path("drafts", drafts.Drafts.as_view()),
    path("drafts/<str:draft_id>", drafts.DraftDetail.as_view()),
    path("drafts/<str:draft_id>/attachments", drafts.DraftAttachments.as_view()),
    path("drafts/<str:draft_id>/reused-papers", drafts.DraftReuse.as_view()),
    path("drafts/<str:draft_id>/attachments/<str:attachment_id>", drafts.DraftAttachment.as_view()),
    path(
        "drafts/<str:draft_id>/attachments/<str:attachment_id>/content",
        drafts.DraftAttachmentContent.as_view(),
    ),
    path("drafts/<str:draft_id>/submit", drafts.Submit.as_view()),
    path("dossiers", citizen.Dossiers.as_view()),
    path("dossiers/<str:dossier_id>", citizen.DossierDetail.as_view()),
    path("dossiers/<str:dossier_id>/timeline", citizen.Timeline.as_view()),
    path("dossiers/<str:dossier_id>/documents", citizen.Documents.as_view()),
    path(
        "dossiers/<str:dossier_id>/documents/<str:document_id>/content",
        citizen.DocumentContent.as_view(),
    ),
    path("dossiers/<str:dossier_id>/supplements", citizen.Supplements.as_view()),
    path("dossiers/<str:dossier_id>/attachments", citizen.SupplementAttachments.as_view()),
    path("dossiers/<str:dossier_id>/withdrawal", citizen.Withdrawal.as_view()),
    path("lookup", public.Lookup.as_view()),
    path("officer/dossiers", officer.Queue.as_view()),
    path("officer/dossiers/<str:dossier_id>", officer.OfficerDossier.as_view()),
    path("officer/dossiers/<str:dossier_id>/moves", officer.OfficerMoves.as_view()),
    path(
        "officer/dossiers/<str:dossier_id>/attachments/<str:attachment_id>/content",
        officer.OfficerAttachment.as_view(),
    ),
    path("officer/dossiers/<str:dossier_id>/extension", clock.Extension.as_view()),
    path("calendar", calendar.Calendar.as_view()),
    path("reports/kpi", public.Kpi.as_view()),
]
