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
