"""The words that decisions are written with."""

from django.db import models
from django.db.models import Q


class DecisionTemplate(models.Model):
    """A template of a decision (mẫu quyết định): data, imported; written by `actions.decisions`.

    What was proposed or signed with it keeps its own words: a later version changes nothing.
    """

    class Kind(models.TextChoices):
        APPROVE = "approve", "the request is granted; goes with `sign`"
        REJECT = "reject", "the request is refused; goes with `reject`"

    key = models.CharField("khóa", primary_key=True, max_length=60)
    procedure_code = models.CharField(
        "mã thủ tục", max_length=20, blank=True, help_text="blank: for every procedure"
    )
    kind = models.CharField("loại", max_length=10, choices=Kind.choices)
    title_vi = models.CharField("tiêu đề", max_length=300)
    body = models.JSONField("các đoạn", help_text="paragraphs with {places}")
    entries = models.JSONField("ô nhập", help_text="what the handler enters")
    source = models.CharField("nguồn", max_length=500)
    version = models.PositiveIntegerField("phiên bản", default=1)
    active = models.BooleanField("đang dùng", default=True)
    updated_at = models.DateTimeField("sửa lúc")

    class Meta:
        verbose_name = "mẫu quyết định"
        verbose_name_plural = "mẫu quyết định"
        constraints = [
            models.CheckConstraint(
                condition=Q(version__gte=1), name="dossiers_decisiontemplate_version"
            )
        ]
        indexes = [
            models.Index(
                fields=["procedure_code", "key"],
                condition=Q(active=True),
                name="dossiers_decisiontemplate_use",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"
