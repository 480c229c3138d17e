"""A paper made by two workers at once: real threads, real commits."""

import pytest

from common import clock, files, signing
from dossiers.actions import papers
from dossiers.models import Document
from tests.dossiers.test_papers import whole_way
from tests.dossiers.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_at_one_result_end_with_one_signed_file(cast):
    dossier = whole_way(cast)
    document = Document.objects.get(dossier_id=dossier["id"], kind="result")
    made = together(3, lambda n: papers.make(document_id=document.id, now=clock.now()))
    assert sorted(made) == [False, False, True]
    document.refresh_from_db()
    data = files.read(document.file)
    assert signing.check(data, now=clock.now()).trusted
    assert papers.make(document_id=document.id, now=clock.now()) is False
    document.refresh_from_db()
    assert files.read(document.file) == data
