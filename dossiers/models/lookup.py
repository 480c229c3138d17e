"""How often somebody looked something up, so that nobody guesses for long."""

from django.db import models


class LookupCount(models.Model):
    """Calls of one kind by one address, or about one code, since `started_at`.

    The key holds a blind index, so the table tells nobody's address and no code. Written by
    `actions.lookups` only, each count in one statement.
    """

    key = models.CharField(primary_key=True, max_length=100)
    started_at = models.DateTimeField()
    used = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="dossiers_lookupcount_age")]

    def __str__(self) -> str:
        return f"{self.key} {self.used}"
