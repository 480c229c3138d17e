from django.urls import path

from dossiers.api import (
    citizen,
    drafts,
    officer,
    officer_bulk,
    officer_notes,
    officer_opinions,
    officer_work,
    public,
)

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
    path("officer/dossiers/<str:dossier_id>/assignment", officer_work.OfficerAssignment.as_view()),
    path("officer/dossiers/<str:dossier_id>/assignments", officer_work.AssignmentHistory.as_view()),
    path("officer/dossiers/<str:dossier_id>/lease", officer_work.OfficerLease.as_view()),
    path(
        "officer/dossiers/<str:dossier_id>/competent-agencies",
        officer_work.CompetentAgencies.as_view(),
    ),
    path("officer/dossiers/<str:dossier_id>/notes", officer_notes.OfficerNotes.as_view()),
    path("officer/dossiers/<str:dossier_id>/opinions", officer_opinions.DossierOpinions.as_view()),
    path("officer/queue-counts", officer.QueueCounts.as_view()),
    path("officer/bulk-moves", officer_bulk.BulkMoves.as_view()),
    path("officer/bulk-moves/<str:bulk_id>", officer_bulk.BulkMove.as_view()),
    path("officer/bulk-moves/<str:bulk_id>/items", officer_bulk.BulkItems.as_view()),
    path("officer/opinions", officer_opinions.Opinions.as_view()),
    path("officer/opinions/<str:opinion_id>", officer_opinions.OpinionDetail.as_view()),
    path("officer/opinions/<str:opinion_id>/answer", officer_opinions.OpinionAnswer.as_view()),
    path(
        "officer/opinions/<str:opinion_id>/withdrawal",
        officer_opinions.OpinionWithdrawal.as_view(),
    ),
    path("officer/opinions/<str:opinion_id>/file", officer_opinions.OpinionFile.as_view()),
    path(
        "officer/opinions/<str:opinion_id>/file/content",
        officer_opinions.OpinionFileContent.as_view(),
    ),
    path(
        "officer/opinions/<str:opinion_id>/attachments/<str:attachment_id>/content",
        officer_opinions.OpinionAttachment.as_view(),
    ),
    path("reports/kpi", public.Kpi.as_view()),
]
