"""Nobody reads a file before its scan: the port, the adapter of ClamAV, and its bad days."""

import pytest
from django.core.cache import cache

from citizens.models import Message, Paper, VaultAccess
from common import clock
from common.files.scan import ClamAvScanner, ScannerDown
from common.models import LoosePlace, StoredFile
from dossiers.actions import scanning, sweep
from tests.dossiers import stories
from tests.dossiers.test_api_dossiers import move, settle
from tests.files import clamd, samples

DOWN = "tests.files.test_scanning.DownScanner"


class DownScanner:
    def is_clean(self, data):
        raise ScannerDown("nobody there")


@pytest.fixture(params=["tcp", "unix"])
def daemon(request, tmp_path, settings):
    """Run the stub on one kind of socket after the other, and point the adapter at it."""
    if request.param == "tcp":
        found = clamd.Tcp(("127.0.0.1", 0), clamd.Dialogue).begin()
    else:
        found = clamd.Unix(str(tmp_path / "clamd.ctl"), clamd.Dialogue).begin()
    settings.FILE_SCANNER = "common.files.scan.ClamAvScanner"
    settings.CLAMAV_ADDRESS = found.address
    settings.CLAMAV_TIMEOUT_SECONDS = 0.3
    yield found
    found.end()


def attach(api, draft, data, name="giấy tờ.pdf", **kwargs):
    return api.upload(
        f"/api/v1/drafts/{draft['id']}/attachments",
        paper_key=stories.PAPER,
        file=samples.file(data, name),
        **kwargs,
    )


def on_disk(tmp_path):
    return [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_clamav_tells_a_clean_file_from_the_test_string(daemon):
    assert ClamAvScanner().is_clean(samples.pdf()) is True
    assert ClamAvScanner().is_clean(b"x" * 5000 + samples.EICAR) is False
    assert daemon.seen == [samples.pdf(), b"x" * 5000 + samples.EICAR]


@pytest.mark.parametrize("answer", ["hang", "hang_up", "error", "limit", "garbage", "nothing"])
def test_anything_but_a_verdict_is_no_verdict(daemon, answer):
    daemon.answer = answer
    with pytest.raises(ScannerDown):
        ClamAvScanner().is_clean(b"x" * 3000)


def test_no_daemon_is_no_verdict(settings):
    for address in (f"tcp://127.0.0.1:{clamd.free_port()}", "unix:///nowhere/clamd.ctl"):
        settings.CLAMAV_ADDRESS = address
        with pytest.raises(ScannerDown):
            ClamAvScanner().is_clean(b"x")


def test_what_is_kept_is_what_the_daemon_saw(cast, daemon):
    draft = stories.start(cast.owner).json()
    made = attach(cast.owner, draft, samples.heic(), "ảnh.heic").json()
    assert made["scan"] == "clean"
    content = cast.owner.get(f"/api/v1/drafts/{draft['id']}/attachments/{made['id']}/content")
    assert daemon.seen == [samples.heic(), content.content]
    bad = attach(cast.owner, draft, samples.jpeg() + samples.EICAR)
    assert (bad.status_code, bad.json()["code"]) == (422, "file_infected")


@pytest.mark.parametrize("answer", ["hang", "error"])
def test_a_daemon_on_a_bad_day_delays_the_reading_not_the_sending(cast, daemon, answer):
    daemon.answer = answer
    draft = stories.start(cast.owner).json()
    made = attach(cast.owner, draft, samples.pdf())
    assert (made.status_code, made.json()["scan"]) == (201, "pending")
    daemon.released.set()
    daemon.answer = "scan"
    assert scanning.sweep(now=clock.now()) == 1
    assert StoredFile.objects.get().verdict == "clean"


def test_one_slow_scan_does_not_hold_up_the_next_upload(cast, daemon):
    daemon.answer = "error"
    draft = stories.start(cast.owner).json()
    for number in range(3):
        made = attach(cast.owner, draft, samples.pdf(b"%d" % number))
        assert made.json()["scan"] == "pending"
    assert len(daemon.seen) == 1


@pytest.fixture
def pending(cast, settings):
    """A submitted dossier with a file that nobody scanned yet; and the file."""
    fake = settings.FILE_SCANNER
    settings.FILE_SCANNER = DOWN
    draft = stories.filled(cast.owner)
    made = attach(cast.owner, draft, samples.pdf(), key="gui-khi-may-quet-hong")
    assert (made.status_code, made.json()["scan"]) == (201, "pending")
    dossier = stories.submit(cast.owner, draft).json()
    settings.FILE_SCANNER = fake
    return dossier, made.json(), draft


def readings(cast, pending):
    dossier, made, draft = pending
    mine = f"/api/v1/dossiers/{dossier['id']}/attachments/{made['id']}"
    desk = f"/api/v1/officer/dossiers/{dossier['id']}/attachments/{made['id']}"
    writing = f"/api/v1/drafts/{draft['id']}/attachments/{made['id']}"
    return [
        *(cast.owner.get(f"{address}/content") for address in (mine, writing)),
        cast.reception.get(f"{desk}/content"),
        *(cast.owner.post(f"{address}/links") for address in (mine, writing)),
        cast.reception.post(f"{desk}/links"),
    ]


def test_nobody_opens_a_file_before_its_scan_and_everybody_may_after(cast, pending):
    dossier, made, _ = pending
    for answer in readings(cast, pending):
        assert (answer.status_code, answer.json()["code"]) == (409, "file_not_scanned")
        assert answer["Retry-After"] == "60"
    assert not VaultAccess.objects.filter(what__startswith="file:").exists()
    [shown] = cast.reception.get(f"/api/v1/officer/dossiers/{dossier['id']}").json()["attachments"]
    assert shown["scan"] == "pending"
    assert scanning.sweep(now=clock.now()) == 1
    assert [answer.status_code for answer in readings(cast, pending)] == [200] * 3 + [201] * 3
    [shown] = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["attachments"]
    assert (shown["scan"], shown["sha256"]) == ("clean", made["sha256"])
    assert scanning.sweep(now=clock.now()) == 0


def test_a_file_found_bad_later_is_removed_and_its_owner_is_told(cast, pending, settings, tmp_path):
    dossier, made, _ = pending
    settings.FILE_SCANNER = "tests.files.test_scanning.StrictScanner"
    before = Message.objects.count()
    assert scanning.sweep(now=clock.now()) == 1
    assert scanning.sweep(now=clock.now()) == 0
    for answer in readings(cast, pending):
        assert (answer.status_code, answer.json()["code"]) == (422, "file_infected")
    [shown] = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}").json()["attachments"]
    assert shown["scan"] == "infected"
    assert Message.objects.count() == before + 1
    told = cast.owner.get("/api/v1/me/inbox").json()["items"][0]
    assert (told["kind"], told["reference"]) == ("file_infected", dossier["id"])
    assert made["paper_name"] in told["body"]
    sweep.sweep(now=clock.now())
    assert (LoosePlace.objects.count(), on_disk(tmp_path)) == (0, [])


class StrictScanner:
    """Knows more than the fake did when the file came in."""

    def is_clean(self, data):
        return not data.startswith(b"%PDF")


def test_bytes_that_were_found_bad_are_known_again(cast, pending, settings, tmp_path):
    settings.FILE_SCANNER = "tests.files.test_scanning.StrictScanner"
    scanning.sweep(now=clock.now())
    settings.FILE_SCANNER = DOWN  # nobody to ask: the row remembers
    draft = stories.start(cast.stranger).json()
    again = attach(cast.stranger, draft, samples.pdf())
    assert (again.status_code, again.json()["code"]) == (422, "file_infected")
    sweep.sweep(now=clock.now())
    assert on_disk(tmp_path) == []


def test_the_same_bytes_sent_again_to_a_working_scanner_free_the_waiting_ones(cast, pending):
    cache.clear()  # the moment in which nobody asks a scanner that was down is over
    draft = stories.start(cast.stranger).json()
    assert attach(cast.stranger, draft, samples.pdf()).json()["scan"] == "clean"
    assert [answer.status_code for answer in readings(cast, pending)][:3] == [200] * 3


def test_a_waiting_file_does_not_become_an_accepted_paper(cast, pending, drain):
    dossier, _, _ = pending
    settle(dossier)
    for api, name, state, more in (
        (cast.reception, "receive", 1, {}),
        (cast.reception, "forward", 2, {}),
        (cast.handler, "propose", 4, {"result_text": "Cấp", "result_number": "1/2026"}),
        (cast.approver, "sign", 4, {}),
    ):
        assert move(api, dossier, name, state, **more).status_code == 201
    assert Paper.objects.count() == 0


def test_files_that_fail_do_not_keep_the_others_waiting(cast, pending, settings, tmp_path):
    from django.core.files.storage import default_storage

    settings.FILE_SCANNER = DOWN
    draft = stories.start(cast.owner).json()
    for number in range(4):
        attach(cast.owner, draft, samples.pdf(b"%d" % number))
    waiting = StoredFile.objects.filter(verdict="pending").order_by("stored_at", "pk")
    for stored in waiting[:3]:
        default_storage.delete(stored.place)
    settings.FILE_SCANNER = "common.files.scan.TestStringScanner"
    # It gives up after three failures in a row; the next sweep begins with those not tried yet.
    assert scanning.sweep(now=clock.now()) == 0
    assert scanning.sweep(now=clock.now()) == 2
    assert StoredFile.objects.filter(verdict="clean").count() == 2


def test_the_papers_of_the_house_need_no_scanner(cast, drain, settings):
    settings.FILE_SCANNER = DOWN
    dossier = stories.submitted(cast.owner)
    drain()
    paper = dossier["documents"][0]["id"]
    answer = cast.owner.get(f"/api/v1/dossiers/{dossier['id']}/documents/{paper}/content")
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
