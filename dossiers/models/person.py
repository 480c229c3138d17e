"""Whom a dossier is about, as blind indexes: only so that nobody acts on one of their own."""

from django.db import models


class DossierPerson(models.Model):
    """A personal number that is written in a dossier's answers, as a keyed digest.

    It tells nobody's number. Written by `actions.persons` when a dossier comes in and when its
    answers change; the numbers of earlier answers stay.
    """

    id = models.BigAutoField(primary_key=True)
    dossier = models.ForeignKey(
        "dossiers.Dossier", on_delete=models.PROTECT, related_name="persons"
    )
    person_index = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_index", "dossier"], name="dossiers_dossierperson_once"
            )
        ]

    def __str__(self) -> str:
        return self.dossier_id
