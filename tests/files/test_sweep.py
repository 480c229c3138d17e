"""What nobody claims is swept with its bytes; what somebody claims at that moment is not."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, models

from common import clock, db, files
from common.files import keeping, places
from common.models import LoosePlace, StoredFile
from dossiers.actions import sweep
from dossiers.models import Attachment, Draft, Upload, UploadPart
from tests.conftest import Api
from tests.dossiers import stories
from tests.dossiers.test_races import together
from tests.files import samples
from tests.files.test_uploads import PART, complete, piece, put, start

ALLOWED = set(files.KINDS)


def later(**kwargs):
    return clock.now() + timedelta(**kwargs)


def swept(now):
    """Let the minutely sweep come by, the hourly one, and the minutely again."""
    found = sweep.sweep(now=now)
    found["unclaimed_files"] = sweep.forget_files(now=now)
    found["loose_places"] += sweep.sweep(now=now)["loose_places"]
    return found


def on_disk(tmp_path):
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def attach(api, draft, data=None, **kwargs):
    return api.upload(
        f"/api/v1/drafts/{draft['id']}/attachments",
        paper_key=stories.PAPER,
        file=samples.file(data or samples.pdf()),
        **kwargs,
    )


def test_every_key_to_a_file_protects_it():
    """Otherwise a sweep would take the row that names a file along, instead of leaving both."""
    keys = keeping._references()
    assert {f"{key.model._meta.label}.{key.name}" for key in keys} >= {
        "citizens.Paper.file",
        "dossiers.Attachment.file",
        "dossiers.Document.file",
        "dossiers.Upload.file",
    }
    for key in keys:
        assert key.remote_field.on_delete is models.PROTECT, key
    every = {
        field
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if getattr(field, "related_model", None) is StoredFile and field.concrete
    }
    assert set(keys) == every


def test_an_attachment_taken_off_is_gone_a_day_later_and_not_before(cast, tmp_path):
    draft = stories.start(cast.owner).json()
    made = attach(cast.owner, draft).json()
    address = f"/api/v1/drafts/{draft['id']}/attachments/{made['id']}"
    assert cast.owner.delete(address, version=2).status_code == 204
    swept(now=later(hours=23))
    assert (StoredFile.objects.count(), len(on_disk(tmp_path))) == (1, 1)
    found = swept(now=later(hours=25))
    assert (found["unclaimed_files"], found["loose_places"]) == (1, 1)
    assert (StoredFile.objects.count(), LoosePlace.objects.count()) == (0, 0)
    assert on_disk(tmp_path) == []


@pytest.mark.parametrize("how", ["discarded", "ran out"])
def test_the_files_of_a_draft_go_with_it(cast, tmp_path, how):
    draft = stories.start(cast.owner).json()
    attach(cast.owner, draft)
    if how == "discarded":
        answer = cast.owner.delete(f"/api/v1/drafts/{draft['id']}", version=2)
        assert answer.status_code == 204
    swept(now=later(days=100))
    assert Draft.objects.get().state == "discarded"
    assert (Attachment.objects.count(), StoredFile.objects.count()) == (0, 0)
    assert on_disk(tmp_path) == []


def test_a_file_of_a_dossier_or_of_somebody_else_stays(cast, tmp_path):
    draft = stories.filled(cast.owner)
    attach(cast.owner, draft)
    stories.submit(cast.owner, draft)
    other = stories.start(cast.stranger).json()
    made = attach(cast.stranger, other).json()
    cast.stranger.delete(f"/api/v1/drafts/{other['id']}/attachments/{made['id']}", version=2)
    assert StoredFile.objects.count() == 1  # the same bytes, once
    swept(now=later(days=30))
    assert StoredFile.objects.count() == 1
    [attachment] = Attachment.objects.select_related("file").order_by("id")
    assert files.read(attachment.file) == samples.pdf()
    assert len(on_disk(tmp_path)) == 1


def test_an_upload_that_was_given_up_silently_is_gone_after_a_day(cast, tmp_path):
    data = b"x" * (PART + 5)
    upload = start(cast.owner, data).json()
    put(cast.owner, upload, 1, piece(data, 1))
    assert swept(now=later(hours=23))["uploads"] == 0
    assert len(on_disk(tmp_path)) == 1
    found = swept(now=later(hours=25))
    assert (found["uploads"], found["loose_places"]) == (1, 1)
    assert (Upload.objects.count(), UploadPart.objects.count()) == (0, 0)
    assert on_disk(tmp_path) == []


def test_a_part_that_is_still_coming_keeps_its_upload(cast, sign_in, clock):
    data = b"x" * (PART + 5)
    upload = start(cast.owner, data).json()
    clock.move_to("2026-11-25T09:00:00+07:00")
    assert put(sign_in("lan"), upload, 1, piece(data, 1)).status_code == 200
    clock.move_to("2026-11-25T11:00:00+07:00")
    assert swept(now=later())["uploads"] == 0
    assert put(sign_in("lan"), upload, 2, piece(data, 2)).json()["missing"] == []


def test_bytes_that_a_killed_process_left_behind_are_found(cast, tmp_path):
    places.put(b"nobody ever named these", now=clock.now())
    assert len(on_disk(tmp_path)) == 1
    assert swept(now=later(minutes=30))["loose_places"] == 0
    assert swept(now=later(hours=2))["loose_places"] == 1
    assert on_disk(tmp_path) == []


def test_a_place_that_is_being_emptied_can_not_be_claimed(cast):
    place = places.put(b"late", now=clock.now())
    LoosePlace.objects.filter(place=place).update(emptying=True)
    with pytest.raises(files.BytesLost), db.transaction():
        places.claim(place)


def test_a_sweep_that_was_killed_half_way_is_finished_by_the_next(cast, tmp_path):
    place = places.put(b"x", now=clock.now())
    LoosePlace.objects.update(emptying=True)
    default_storage.delete(place)
    assert places.sweep(now=later(hours=2)) == 1
    assert LoosePlace.objects.count() == 0


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_a_file_sent_again_while_it_is_swept_is_never_lost(self, cast, tmp_path):
        """Twelve rounds of forgetting and sending the same old bytes, side by side."""
        for _ in range(12):
            stored = files.store(
                samples.pdf(), max_bytes=10**6, allowed=ALLOWED, now=later(hours=-30)
            )
            StoredFile.objects.update(stored_at=later(hours=-30))

            def act(number):
                if number % 2:
                    return keeping.forget_unclaimed(now=clock.now()) + places.sweep(now=clock.now())
                return files.store(samples.pdf(), max_bytes=10**6, allowed=ALLOWED, now=clock.now())

            together(6, act)
            places.sweep(now=later(hours=2))
            stored = StoredFile.objects.get()
            assert files.read(stored) == samples.pdf()
            assert len(on_disk(tmp_path)) == 1
            StoredFile.objects.all().delete()
            places.sweep(now=later(hours=2))
            default_storage.delete(stored.place)

    def test_a_file_that_is_attached_while_the_sweep_looks_at_it_stays(self, cast, monkeypatch):
        """The sweep picked it as unclaimed; before it takes the lock, somebody claims it."""
        token = cast.owner.token
        draft = stories.start(cast.owner).json()
        made = attach(cast.owner, draft, key="truoc-khi-quet").json()
        Attachment.objects.all().delete()
        StoredFile.objects.update(stored_at=later(hours=-30))
        forget, claimed = keeping._forget, threading.Event()

        def attach_now():
            try:
                Attachment.objects.create(
                    draft=Draft.objects.get(),
                    paper_key=stories.PAPER,
                    paper_name="x",
                    file_id=made["sha256"],
                    file_name="x.pdf",
                    created_at=clock.now(),
                )
            finally:
                connection.close()
                claimed.set()

        def slow(sha256, now):
            with ThreadPoolExecutor(1) as pool:
                pool.submit(attach_now).result()
            return forget(sha256, now)

        monkeypatch.setattr(keeping, "_forget", slow)
        assert keeping.forget_unclaimed(now=clock.now()) == 0
        assert claimed.is_set()
        assert files.read(StoredFile.objects.get()) == samples.pdf()
        assert Api(token).get(f"/api/v1/drafts/{draft['id']}").status_code == 200

    def test_the_same_upload_from_many_threads_is_one_attachment(self, cast):
        token, draft = cast.owner.token, stories.start(cast.owner).json()
        answers = together(8, lambda n: attach(Api(token), draft, key="tai-len-cung-luc"))
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert len({a.json()["id"] for a in answers if a.status_code == 201}) == 1
        assert Attachment.objects.count() == StoredFile.objects.count() == 1

    def test_different_people_may_send_the_same_bytes_at_once(self, cast, tmp_path):
        mine, other = stories.start(cast.owner).json(), stories.start(cast.stranger).json()
        doors = [(cast.owner.token, mine), (cast.stranger.token, other)]

        def act(number):
            token, draft = doors[number % 2]
            return attach(Api(token), draft)

        answers = together(8, act)
        assert {answer.status_code for answer in answers} == {201}
        assert (Attachment.objects.count(), StoredFile.objects.count()) == (8, 1)
        places.sweep(now=later())
        assert len(on_disk(tmp_path)) == 1

    def test_parts_side_by_side_and_twice_make_one_file(self, cast, tmp_path):
        data = samples.pdf(bytes(range(256)) * 5000, filters=b"/Crypt")
        upload, token = start(cast.owner, data).json(), cast.owner.token
        numbers = upload["missing"] * 3
        answers = together(
            len(numbers), lambda n: put(Api(token), upload, numbers[n], piece(data, numbers[n]))
        )
        assert {answer.status_code for answer in answers} == {200}
        assert UploadPart.objects.count() == len(upload["missing"]) == 3
        done = together(4, lambda n: complete(Api(token), upload))
        assert {answer.status_code for answer in done} == {201}
        assert len({answer.json()["file"]["sha256"] for answer in done}) == 1
        places.sweep(now=later())
        assert len(on_disk(tmp_path)) == 1

    def test_open_uploads_keep_their_limit_under_a_rush(self, cast):
        token = cast.owner.token
        answers = together(16, lambda n: start(Api(token), b"x"))
        assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 6
