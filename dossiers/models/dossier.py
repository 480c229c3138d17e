"""The dossier itself, its append-only timeline, and the papers that the offices issue."""

from django.db import models
from django.db.models import Q

from common import crypto, ids
from dossiers.models import queue


def new_dossier_id() -> str:
    return ids.new("dos")


def new_document_id() -> str:
    return ids.new("doc")


def new_supplement_id() -> str:
    return ids.new("sup")


def new_pin() -> str:
    return ids.unguessable(6)


class Channel(models.TextChoices):
    ONLINE = "online", "sent with the app (trực tuyến)"
    COUNTER = "counter", "taken in at the counter (trực tiếp)"
    POSTAL = "postal", "came by public post (bưu chính công ích)"


class Dossier(models.Model):
    """A dossier (hồ sơ): what one citizen asked of one agency, as it was when it was asked.

    It keeps the procedure version, form version, answers and fee quote it was filed under.
    `actions.moves` alone writes `state`. Helping, receiving and competent agency are kept apart:
    reception is not tied to the place of residence (NĐ 118/2025/NĐ-CP).
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_dossier_id, editable=False
    )
    code = models.CharField(max_length=40, help_text="mã hồ sơ: H13.nnn-YYMMDD-NNNN")
    citizen = models.ForeignKey("citizens.User", on_delete=models.PROTECT, related_name="+")
    draft = models.OneToOneField(
        "dossiers.Draft", on_delete=models.PROTECT, related_name="dossier", null=True
    )
    filed_by = models.ForeignKey(
        "citizens.User",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="the representative who filed it; null when the citizen did",
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    service_version = models.ForeignKey(
        "services.ProcedureVersion", on_delete=models.PROTECT, related_name="+"
    )
    form = models.ForeignKey("services.Form", on_delete=models.PROTECT, related_name="+", null=True)
    service_code = models.CharField(max_length=20)
    service_name = models.TextField()
    helping_agency = models.ForeignKey(
        "services.Agency", on_delete=models.PROTECT, related_name="+", null=True
    )
    receiving_agency = models.ForeignKey(
        "services.Agency", on_delete=models.PROTECT, related_name="+"
    )
    competent_agency = models.ForeignKey(
        "services.Agency", on_delete=models.PROTECT, related_name="+"
    )
    applicant_name = crypto.EncryptedTextField()
    answers = crypto.EncryptedJSONField()
    answers_hash = models.CharField(max_length=64, help_text="SHA-256 of the frozen answers")
    provenance = crypto.EncryptedJSONField(help_text="field -> where its value came from")
    fee_quote = models.JSONField()
    time_limit = models.JSONField(null=True, help_text="as the procedure said when it was filed")
    state = models.PositiveSmallIntegerField()
    came_from = models.PositiveSmallIntegerField(
        null=True, help_text="the state to go back to from 5, 6 or 7"
    )
    proposal = crypto.EncryptedJSONField(null=True, help_text="what the handler puts to sign")
    version = models.PositiveIntegerField(default=1)
    submitted_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="promised; null while nothing runs")
    missed_at = models.DateTimeField(null=True, help_text="the first promise that was broken")
    finished_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()
    lookup_pin = models.CharField(max_length=12, default=new_pin)
    lookup_token = models.CharField(max_length=40, default=ids.unguessable)

    class Meta:
        verbose_name = "hồ sơ"
        verbose_name_plural = "hồ sơ"
        constraints = [
            models.UniqueConstraint(fields=["code"], name="dossiers_dossier_code"),
            models.UniqueConstraint(fields=["lookup_token"], name="dossiers_dossier_lookup_token"),
            models.CheckConstraint(
                condition=Q(state__gte=1, state__lte=10), name="dossiers_dossier_official_state"
            ),
            models.CheckConstraint(
                condition=Q(state__in=(1, 3, 8))
                | Q(state__in=(5, 6, 7), came_from=1)
                | Q(received_at__isnull=False),
                name="dossiers_dossier_received",
            ),
            # As `rules.states.HELD_FROM`: what waits knows its way back, nothing else has one.
            models.CheckConstraint(
                condition=Q(state__in=(5, 7), came_from__in=(1, 2, 4), came_from__isnull=False)
                | Q(state=6, came_from__in=(1, 2, 4, 9), came_from__isnull=False)
                | (~Q(state__in=(5, 6, 7)) & Q(came_from__isnull=True)),
                name="dossiers_dossier_knows_the_way_back",
            ),
        ]
        indexes = [
            models.Index(fields=["citizen", "-submitted_at", "-id"], name="dossiers_dossier_mine"),
            models.Index(
                fields=["receiving_agency", "state", "submitted_at", "id"],
                name="dossiers_dossier_receiving",
            ),
            models.Index(
                fields=["competent_agency", "state", "submitted_at", "id"],
                name="dossiers_dossier_competent",
            ),
            models.Index(fields=["submitted_at"], name="dossiers_dossier_period"),
            *queue.INDEXES,
            models.Index(
                fields=["due_at", "id"],
                condition=Q(due_at__isnull=False, finished_at=None),
                name="dossiers_dossier_running",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CodeCounter(models.Model):
    """The last running number an agency gave out on a day; its row lock keeps codes dense."""

    id = models.BigAutoField(primary_key=True)
    agency = models.ForeignKey("services.Agency", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "day"], name="dossiers_codecounter_day")
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} {self.day}: {self.last}"


class TimelineEvent(models.Model):
    """One thing that happened to a dossier: who, when, why. Append-only; replaying gives the state.

    `actor_label` is an office or a role, never a person's name. `clock` holds what the event did to
    the due time, so that a pure function can compute it again.
    """

    class Kind(models.TextChoices):
        MOVE = "move", "the state changed along a listed edge"
        PAYMENT = "payment", "money was settled or given back; the state stays"
        SUPPLEMENT = "supplement", "the citizen sent what was asked for; the state stays"
        PROPOSAL = "proposal", "the handler put a decision to the approver; the state stays"
        NOTE = "note", "something else to know of; the state stays"
        ROUTING = "routing", "it went to another competent agency; the state stays"
        OPINION = "opinion", "another agency was asked or answered; the state stays"
        EXTENSION = "extension", "the promise was moved once, with an apology; the state stays"
        CALENDAR = "calendar", "the promise was counted anew by an edited calendar; the state stays"
        SILENCE = "silence", "the limit ran out where silence is an answer; the state stays"

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="timeline")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    move = models.CharField(max_length=40)
    from_state = models.PositiveSmallIntegerField(null=True)
    to_state = models.PositiveSmallIntegerField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=ids.MAX_LENGTH, blank=True)
    actor_label = models.CharField(max_length=300)
    told_office = models.CharField(
        max_length=300, default="", help_text="the office named to the citizen: where it went, too"
    )
    reason = crypto.EncryptedTextField(blank=True)
    data = models.JSONField(default=dict, help_text="amounts and references; nothing personal")
    clock = models.CharField(max_length=10, help_text="what it did to the clock")
    due_at = models.DateTimeField(null=True, help_text="the promise after this event")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "seq"], name="dossiers_timelineevent_sequence"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} #{self.seq} {self.move}"


class SupplementRequest(models.Model):
    """One request to the citizen for more (yêu cầu bổ sung), with the full list, and its answer."""

    class State(models.TextChoices):
        OPEN = "open", "waits for the citizen"
        ANSWERED = "answered", "the citizen sent something; an officer looks at it"
        CLOSED = "closed", "accepted, refused or run out"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_supplement_id, editable=False
    )
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="supplements")
    round = models.PositiveSmallIntegerField()
    clock = models.CharField(max_length=10, help_text="pause or reset")
    fields = models.JSONField(default=list, help_text="fields to correct")
    papers = models.JSONField(default=list, help_text="keys of papers to add")
    message = crypto.EncryptedTextField()
    state = models.CharField(max_length=10, choices=State.choices)
    requested_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "round"], name="dossiers_supplementrequest_round"
            ),
            models.UniqueConstraint(
                fields=["dossier"],
                condition=~Q(state="closed"),
                name="dossiers_supplementrequest_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} round {self.round}"


class Document(models.Model):
    """A paper issued on a dossier: acknowledgement, slip, letter or result.

    Its content is frozen with the event that issued it; the PDF is made from that afterwards and
    never made anew once it exists. A recalled result is marked revoked and stays.
    """

    class Kind(models.TextChoices):
        ACKNOWLEDGEMENT = "acknowledgement", "sent, not yet received (thông báo đã gửi)"
        RECEPTION_SLIP = "reception_slip", "01 Giấy tiếp nhận hồ sơ và hẹn trả kết quả"
        SUPPLEMENT_SLIP = "supplement_slip", "02 Phiếu yêu cầu bổ sung, hoàn thiện hồ sơ"
        REFUSAL_SLIP = "refusal_slip", "03 Phiếu từ chối tiếp nhận giải quyết hồ sơ"
        APOLOGY_LETTER = "apology_letter", "04 Văn bản xin lỗi và đề nghị gia hạn"
        STOP_NOTICE = "stop_notice", "05 Thông báo dừng giải quyết hồ sơ"
        RESULT = "result", "the signed result (kết quả giải quyết)"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_document_id, editable=False
    )
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="documents")
    event_seq = models.PositiveIntegerField(help_text="the timeline event that issued it")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    title_vi = models.CharField(max_length=300)
    content = crypto.EncryptedJSONField()
    file = models.ForeignKey(
        "common.StoredFile", on_delete=models.PROTECT, related_name="+", null=True
    )
    issued_at = models.DateTimeField()
    version = models.PositiveSmallIntegerField(default=1, help_text="counts the results signed")
    revoked_at = models.DateTimeField(null=True, help_text="recalled: it says nothing any more")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dossier", "event_seq", "kind"], name="dossiers_document_once"
            ),
            models.UniqueConstraint(
                fields=["dossier"],
                condition=Q(kind="result", revoked_at__isnull=True),
                name="dossiers_document_one_valid_result",
            ),
        ]
        indexes = [
            models.Index(
                fields=["issued_at"], condition=Q(file__isnull=True), name="dossiers_document_todo"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.kind}"
