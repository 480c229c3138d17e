"""Who may act for whom on one draft and the dossier it becomes, and what they did with it."""

from django.db import models
from django.db.models import Q

from common import crypto, ids
from dossiers.models.draft import Draft


def new_representation_id() -> str:
    return ids.new("rep")


class Representation(models.Model):
    """A draft handed to a representative (người được ủy quyền), by invitation.

    The invited person is named by the blind index of a phone or personal number and becomes known
    only by accepting, so an invitation tells nobody whether such an account exists. One that is
    not over per draft.
    """

    class Basis(models.TextChoices):
        AUTHORISATION = "authorisation", "authorised in writing (ủy quyền)"
        GUARDIAN = "guardian", "guardian (người giám hộ)"
        PARENT = "parent", "parent of a minor (cha, mẹ)"

    class State(models.TextChoices):
        INVITED = "invited", "waits for an answer"
        ACTIVE = "active", "the representative acts"
        REFUSED = "refused", "the invited person said no"
        ENDED = "ended", "taken back, given back or run out"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_representation_id, editable=False
    )
    draft = models.ForeignKey(Draft, on_delete=models.PROTECT, related_name="representations")
    dossier = models.ForeignKey(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="+", null=True
    )
    principal = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    representative = models.ForeignKey(
        "citizens.User", on_delete=models.PROTECT, related_name="+", null=True
    )
    invited_index = models.CharField(max_length=80, help_text="blind index of the one invited")
    invited_hint = crypto.EncryptedTextField(help_text="the address as given, masked")
    basis = models.CharField(max_length=15, choices=Basis.choices)
    shares_prefill = models.BooleanField(
        help_text="the principal agreed that prefilled values are shown"
    )
    share_text_version = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=State.choices)
    version = models.PositiveIntegerField(default=1)
    invited_at = models.DateTimeField()
    answer_until = models.DateTimeField(help_text="the invitation runs out")
    accepted_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(help_text="the right to act runs out")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["draft"],
                condition=Q(state__in=("invited", "active")),
                name="dossiers_representation_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="active") | Q(representative__isnull=False),
                name="dossiers_representation_active_has_somebody",
            ),
            models.CheckConstraint(
                condition=Q(representative__isnull=True) | ~Q(representative=models.F("principal")),
                name="dossiers_representation_never_oneself",
            ),
            models.CheckConstraint(
                condition=Q(shares_prefill=False) | ~Q(share_text_version=""),
                name="dossiers_representation_consent_names_its_text",
            ),
        ]
        indexes = [
            models.Index(
                fields=["principal", "-invited_at", "-id"], name="dossiers_representation_given"
            ),
            models.Index(
                fields=["representative", "-invited_at", "-id"], name="dossiers_representation_held"
            ),
            models.Index(
                fields=["invited_index"],
                condition=Q(state="invited"),
                name="dossiers_representation_asked",
            ),
            models.Index(
                fields=["valid_until"],
                condition=Q(state__in=("invited", "active")),
                name="dossiers_representation_due",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class RepresentationEvent(models.Model):
    """One thing done about or under a representation. Append-only; names fields, never values."""

    class Kind(models.TextChoices):
        INVITED = "invited", "the principal asked somebody"
        ACCEPTED = "accepted", "the representative took it over"
        REFUSED = "refused", "the invited person said no"
        SAVED = "saved", "the representative saved a version"
        PROOF_ADDED = "proof_added", "a proof of the authorisation was attached"
        SHARING_GRANTED = "sharing_granted", "the principal let prefilled values be shown"
        SHARING_WITHDRAWN = "sharing_withdrawn", "the principal took that back"
        SUBMITTED = "submitted", "the representative filed the dossier"
        SUPPLIED = "supplied", "the representative answered a request to supplement"
        WITHDREW = "withdrew", "the representative asked to stop the procedure"
        TAKEN_BACK = "taken_back", "the principal took it back"
        GIVEN_BACK = "given_back", "the representative gave it back"
        LAPSED = "lapsed", "it ran out, or the draft was thrown away"

    id = models.BigAutoField(primary_key=True)
    representation = models.ForeignKey(
        Representation, on_delete=models.PROTECT, related_name="events"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    by = models.CharField(max_length=15, help_text="principal, representative or system")
    actor_id = models.CharField(max_length=ids.MAX_LENGTH, blank=True)
    draft_version = models.PositiveIntegerField(null=True)
    fields = models.JSONField(default=list, help_text="names of the fields that were changed")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.representation_id} {self.kind}"
