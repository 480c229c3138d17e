from django.urls import path

from dossiers.api import citizen, drafts, officer, officer_papers, public, validator

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
    path("officer/dossiers/<str:dossier_id>/control-slip", officer_papers.ControlSlip.as_view()),
    path("officer/dossiers/<str:dossier_id>/proposal.pdf", officer_papers.Proposal.as_view()),
    path(
        "officer/dossiers/<str:dossier_id>/decision-templates",
        officer_papers.DecisionTemplates.as_view(),
    ),
    path("officer/dossier-book", officer_papers.DossierBook.as_view()),
    path("validate-document", validator.ValidateDocument.as_view()),
    path("reports/kpi", public.Kpi.as_view()),
]
