from django.urls import path

from dossiers.api import attachments, citizen, drafts, files, officer, public, uploads

urlpatterns = [
    path("drafts", drafts.Drafts.as_view()),
    path("drafts/<str:draft_id>", drafts.DraftDetail.as_view()),
    path("upload-limits", uploads.UploadLimits.as_view()),
    path("uploads", uploads.Uploads.as_view()),
    path("uploads/<str:upload_id>", uploads.UploadDetail.as_view()),
    path("uploads/<str:upload_id>/parts/<str:part_number>", uploads.UploadPart.as_view()),
    path("uploads/<str:upload_id>/complete", uploads.UploadCompletion.as_view()),
    path("drafts/<str:draft_id>/attachments", attachments.DraftAttachments.as_view()),
    path("drafts/<str:draft_id>/reused-papers", attachments.DraftReuse.as_view()),
    path(
        "drafts/<str:draft_id>/attachments/<str:attachment_id>",
        attachments.DraftAttachment.as_view(),
    ),
    path(
        "drafts/<str:draft_id>/attachments/<str:attachment_id>/content", files.DraftFile.as_view()
    ),
    path(
        "drafts/<str:draft_id>/attachments/<str:attachment_id>/links",
        files.DraftFileLinks.as_view(),
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
    path(
        "dossiers/<str:dossier_id>/documents/<str:document_id>/links",
        files.DocumentLinks.as_view(),
    ),
    path("dossiers/<str:dossier_id>/attachments", attachments.SupplementAttachments.as_view()),
    path(
        "dossiers/<str:dossier_id>/attachments/<str:attachment_id>/content",
        files.DossierFile.as_view(),
    ),
    path(
        "dossiers/<str:dossier_id>/attachments/<str:attachment_id>/links",
        files.DossierFileLinks.as_view(),
    ),
    path("dossiers/<str:dossier_id>/withdrawal", citizen.Withdrawal.as_view()),
    path("lookup", public.Lookup.as_view()),
    path("officer/dossiers", officer.Queue.as_view()),
    path("officer/dossiers/<str:dossier_id>", officer.OfficerDossier.as_view()),
    path("officer/dossiers/<str:dossier_id>/moves", officer.OfficerMoves.as_view()),
    path(
        "officer/dossiers/<str:dossier_id>/attachments/<str:attachment_id>/content",
        files.OfficerFile.as_view(),
    ),
    path(
        "officer/dossiers/<str:dossier_id>/attachments/<str:attachment_id>/links",
        files.OfficerFileLinks.as_view(),
    ),
    path("reports/kpi", public.Kpi.as_view()),
]
