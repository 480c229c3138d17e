"""The working-day calendar of the offices: editable data, never code."""

from django.db import models

from common import ids


class CalendarYear(models.Model):
    """A year whose calendar is known; provisional until the yearly swaps are published."""

    year = models.PositiveSmallIntegerField("năm", primary_key=True)
    provisional = models.BooleanField("tạm thời (chưa công bố ngày hoán đổi)")
    source = models.CharField("nguồn", max_length=300)

    class Meta:
        verbose_name = "năm của lịch làm việc"
        verbose_name_plural = "năm của lịch làm việc"

    def __str__(self) -> str:
        return f"{self.year}{' (provisional)' if self.provisional else ''}"


class CalendarDay(models.Model):
    """A day that differs from the week: a holiday, a swapped Saturday, or a half day.

    Written by `actions.calendar` only, which keeps what it was before.
    """

    class Kind(models.TextChoices):
        OFF = "off", "nghỉ"
        WORKED = "worked", "làm bù cả ngày"
        MORNING = "morning", "chỉ làm buổi sáng"
        AFTERNOON = "afternoon", "chỉ làm buổi chiều"

    day = models.DateField("ngày", primary_key=True)
    kind = models.CharField("loại ngày", max_length=10, choices=Kind.choices)
    name_vi = models.CharField("tên gọi", max_length=200)
    source = models.CharField("căn cứ", max_length=300)

    class Meta:
        verbose_name = "ngày khác thường"
        verbose_name_plural = "lịch làm việc: ngày khác thường"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["off", "worked", "morning", "afternoon"]),
                name="dossiers_calendarday_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class CalendarChange(models.Model):
    """One edit of one day of a known year: who, when, why, before and after. Append-only.

    Its id is the revision of the calendar: a promise remembers under which it was given, so an
    edit changes no promise behind anybody's back.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField("ngày")
    before = models.CharField("trước", max_length=10, blank=True, help_text="empty: as the week")
    after = models.CharField("sau", max_length=10, blank=True, help_text="empty: as the week")
    name_vi = models.CharField("tên gọi", max_length=200, blank=True)
    source = models.CharField("căn cứ", max_length=300)
    edited_by = models.CharField(
        "người sửa", max_length=ids.MAX_LENGTH, blank=True, help_text="empty: the import"
    )
    at = models.DateTimeField("lúc")

    class Meta:
        verbose_name = "lần sửa lịch"
        verbose_name_plural = "lịch sử sửa lịch làm việc"

    def __str__(self) -> str:
        return f"{self.day}: {self.before or '-'} -> {self.after or '-'}"
