"""The catalogue's rows. Written by `services.actions` only."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from common import ids


def new_version_id() -> str:
    return ids.new("srv")


def new_form_id() -> str:
    return ids.new("frm")


def new_revision_id() -> str:
    return ids.new("rev")


class Field(models.Model):
    """A field of administration (lĩnh vực), such as civil status."""

    key = models.CharField(primary_key=True, max_length=60)
    name_vi = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name_vi


class Place(models.Model):
    """A commune or ward in the period it existed; the same code may mean another unit before."""

    id = models.BigAutoField(primary_key=True)
    code = models.CharField(max_length=5)
    name_vi = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    district_vi = models.CharField(max_length=100, blank=True)
    former_province_vi = models.CharField(max_length=100, blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    became = ArrayField(models.CharField(max_length=5), default=list, help_text="codes since then")
    search = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to=None), name="services_place_current"
            ),
            models.UniqueConstraint(
                fields=["code", "valid_to"], name="services_place_code_in_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name_vi}"


class Agency(models.Model):
    """A body that receives or decides. `derived`: made from a template and the list of units."""

    key = models.CharField(primary_key=True, max_length=60)
    name_vi = models.CharField(max_length=200)
    level = models.CharField(max_length=10)
    kind = models.CharField(max_length=30)
    place_code = models.CharField(max_length=5, blank=True)
    identifier = models.CharField(max_length=20, help_text="first part of its dossier codes")
    identifier_is_demo = models.BooleanField(default=True)
    fields = ArrayField(models.CharField(max_length=60), default=list)
    derived = models.BooleanField()
    status = models.CharField(max_length=300)
    source = models.CharField(max_length=500, blank=True)
    address = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "cơ quan"
        verbose_name_plural = "cơ quan"
        constraints = [
            models.UniqueConstraint(fields=["identifier"], name="services_agency_identifier")
        ]

    def __str__(self) -> str:
        return self.name_vi


class Procedure(models.Model):
    """An administrative procedure (thủ tục hành chính) by its national code."""

    code = models.CharField(primary_key=True, max_length=20)
    uses = models.PositiveIntegerField(default=0, help_text="dossiers submitted; for ranking")

    def __str__(self) -> str:
        return self.code


class ProcedureVersion(models.Model):
    """A procedure as it was published in a period; frozen by a trigger, only its end may be set.

    `data` is the source entry whole, for what the API shows and no query asks for.
    """

    class Online(models.TextChoices):
        FULL = "full", "toàn trình: from filing to result online"
        PARTIAL = "partial", "một phần: some step needs presence"
        NONE = "none", "taken in at the counter only"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_version_id, editable=False
    )
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, help_text="exclusive; null for the one in force")
    content_hash = models.CharField(max_length=64)
    name_vi = models.TextField()
    field = models.ForeignKey(Field, on_delete=models.PROTECT, related_name="+")
    online_level = models.CharField(max_length=10, choices=Online.choices)
    level_note = models.CharField(max_length=200, blank=True)
    levels = ArrayField(models.CharField(max_length=20))
    life_events = ArrayField(models.CharField(max_length=200), default=list)
    time_limit = models.JSONField(null=True)
    papers = models.JSONField()
    results = models.JSONField()
    fee = models.JSONField()
    data = models.JSONField()
    search_text = models.TextField()
    search = SearchVectorField()

    class Meta:
        verbose_name = "thủ tục (phiên bản)"
        verbose_name_plural = "thủ tục (các phiên bản)"
        constraints = [
            models.UniqueConstraint(
                fields=["procedure", "number"], name="services_procedureversion_number"
            ),
            models.UniqueConstraint(
                fields=["procedure"],
                condition=Q(valid_to=None),
                name="services_procedureversion_one_in_force",
            ),
        ]
        indexes = [GinIndex(fields=["search"], name="services_procedureversion_gin")]

    def __str__(self) -> str:
        return f"{self.procedure_id} v{self.number}"


class Form(models.Model):
    """An electronic form (mẫu đơn, tờ khai điện tử) of a procedure, in one version.

    `verified` says whether its fields were read from a source, inferred, or are our own.
    """

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_form_id, editable=False
    )
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="forms")
    number = models.PositiveIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    content_hash = models.CharField(max_length=64)
    title_vi = models.CharField(max_length=300)
    schema = models.JSONField()
    sections = models.JSONField()
    prefill = models.JSONField()
    verified = models.CharField(max_length=10)
    channels = ArrayField(models.CharField(max_length=10))
    sources = models.JSONField()
    notes = models.JSONField()

    class Meta:
        verbose_name = "biểu mẫu điện tử"
        verbose_name_plural = "biểu mẫu điện tử"
        constraints = [
            models.UniqueConstraint(fields=["procedure", "number"], name="services_form_number"),
            models.UniqueConstraint(
                fields=["procedure"],
                condition=Q(valid_to=None),
                name="services_form_one_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.procedure_id} form {self.number}"


class Revision(models.Model):
    """A change to a procedure that is being prepared (dự thảo sửa đổi thủ tục).

    It becomes a new version when another officer publishes it; the version in force then ends on
    `effective_on`. Published and discarded ones stay as they were: they are the record of who
    changed what, on whose decision.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "being written"
        PUBLISHED = "published", "became a version"
        DISCARDED = "discarded", "thrown away"

    class Unit(models.TextChoices):
        WORKING_DAY = "working_day", "ngày làm việc"
        CALENDAR_DAY = "calendar_day", "ngày"
        HOUR = "hour", "giờ làm việc"
        MONTH = "month", "tháng"

    class Fee(models.TextChoices):
        KEEP = "keep", "giữ như phiên bản hiện hành"
        FREE = "free", "miễn phí"
        FLAT = "flat", "một mức thu"
        PER_COPY = "per_copy", "theo số bản"
        UNKNOWN = "unknown", "chưa xác định"

    id = models.CharField(
        primary_key=True, max_length=ids.MAX_LENGTH, default=new_revision_id, editable=False
    )
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, related_name="revisions")
    base = models.ForeignKey(ProcedureVersion, on_delete=models.PROTECT, related_name="+")
    version = models.OneToOneField(
        ProcedureVersion, on_delete=models.PROTECT, related_name="revision", null=True
    )
    state = models.CharField(max_length=10, choices=State.choices)
    name_vi = models.CharField("tên thủ tục", max_length=1000)
    online_level = models.CharField(
        "mức độ trực tuyến", max_length=10, choices=ProcedureVersion.Online.choices
    )
    level_note = models.CharField("lý do mức độ", max_length=200, blank=True)
    limit_value = models.PositiveSmallIntegerField("thời hạn", null=True, blank=True)
    limit_unit = models.CharField("đơn vị", max_length=12, choices=Unit.choices, blank=True)
    limit_same_day = models.BooleanField("trả trong ngày", default=False)
    limit_source = models.CharField("căn cứ thời hạn", max_length=500, blank=True)
    fee_type = models.CharField("phí, lệ phí", max_length=10, choices=Fee.choices)
    fee_unit_vnd = models.PositiveIntegerField("mức thu (đồng)", null=True, blank=True)
    fee_field = models.CharField("trường số bản", max_length=60, blank=True)
    fee_source = models.CharField("căn cứ mức thu", max_length=500, blank=True)
    form = models.JSONField("biểu mẫu mới", null=True, blank=True, help_text="null keeps the form")
    decision_number = models.CharField("số quyết định công bố", max_length=60, blank=True)
    decision_signed_on = models.DateField("ngày ký quyết định", null=True, blank=True)
    effective_on = models.DateField("ngày có hiệu lực", null=True, blank=True)
    written_by = models.CharField(max_length=ids.MAX_LENGTH, help_text="who wrote it last")
    closed_by = models.CharField(max_length=ids.MAX_LENGTH, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "dự thảo sửa đổi thủ tục"
        verbose_name_plural = "dự thảo sửa đổi thủ tục"
        constraints = [
            models.UniqueConstraint(
                fields=["procedure"], condition=Q(state="draft"), name="services_revision_one_draft"
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(version__isnull=False),
                name="services_revision_published_version",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | ~Q(closed_by=models.F("written_by")),
                name="services_revision_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.procedure_id} {self.state}"


class RevisionPaper(models.Model):
    """One paper (thành phần hồ sơ) of a revision, in the order it is shown."""

    id = models.BigAutoField(primary_key=True)
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="papers")
    position = models.PositiveSmallIntegerField("thứ tự")
    key = models.CharField("mã trong thủ tục", max_length=60)
    name = models.CharField("tên giấy tờ", max_length=2000)
    component_code = models.CharField("mã thành phần", max_length=60, blank=True)
    case = models.CharField("trường hợp", max_length=500, blank=True)
    original_qty = models.PositiveSmallIntegerField("bản chính", default=0)
    copy_qty = models.PositiveSmallIntegerField("bản sao", default=0)

    class Meta:
        verbose_name = "thành phần hồ sơ"
        verbose_name_plural = "thành phần hồ sơ"
        constraints = [
            models.UniqueConstraint(fields=["revision", "key"], name="services_revisionpaper_key")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.name[:60]}"
