"""Opinions on the desk's pages: asked, seen as far as shared, answered, taken back."""

from dossiers.models import Opinion
from tests.dossiers import stories
from tests.dossiers.desks import in_process
from tests.dossiers.test_desk_moves import browser_of
from tests.dossiers.test_desk_work import LIST, page
from tests.dossiers.test_opinions import QUESTION, asked, with_paper

PAGES = "/admin/opinions/"


def request(browser, dossier, **more):
    body = {
        "expected_state": 4,
        "agencies": ["so-tu-phap", "cong-an-31135"],
        "question": QUESTION,
        "working_days": 2,
        **more,
    }
    return browser.post(f"{LIST}{dossier['id']}/opinion/", body, follow=True)


def test_two_agencies_are_asked_and_one_answers_with_a_file(cast, sign_in):
    dossier = with_paper(cast)
    handler = browser_of("thu-ly")
    form = handler.get(f"{LIST}{dossier['id']}/opinion/").content.decode()
    assert "Sở Tư pháp" in form
    told = request(handler, dossier, fields_shown=["noi_da_dang_ky"], papers=[stories.PAPER])
    assert "Đã hỏi ý kiến 2 cơ quan" in told.content.decode()
    assert "chờ trả lời" in page(handler, dossier)
    again = request(handler, dossier, agencies=["so-tu-phap"])
    assert (again.status_code, "hãy chờ trả lời" in again.content.decode()) == (409, True)
    assert QUESTION in again.content.decode()
    opinion = Opinion.objects.get(asked_agency="so-tu-phap")
    justice = browser_of("tu-phap")
    assert dossier["code"] in justice.get(PAGES).content.decode()
    shown = justice.get(f"{PAGES}{opinion.id}/").content.decode()
    assert QUESTION in shown
    assert "Phường Ninh Kiều" in shown
    assert "Nguyễn Thị Lan" not in shown
    [attachment] = [one.id for one in opinion.dossier.attachments.all()]
    file = justice.get(f"{PAGES}{opinion.id}/files/{attachment}/")
    assert file["Content-Disposition"].startswith("attachment")
    bare = justice.post(f"{PAGES}{opinion.id}/answer/", {"stance": "disagree", "text": ""})
    assert (bare.status_code, "Cần nêu ý kiến" in bare.content.decode()) == (400, True)
    answer = {"stance": "disagree", "text": "Chưa khớp", "key": "mot", "file": stories.picture()}
    done = justice.post(f"{PAGES}{opinion.id}/answer/", answer, follow=True).content.decode()
    assert "Đã gửi ý kiến" in done
    seen = page(handler, dossier)
    assert "Chưa khớp" in seen
    assert handler.get(f"{PAGES}{opinion.id}/file/").status_code == 200
    twice = justice.post(f"{PAGES}{opinion.id}/answer/", {"stance": "agree"})
    assert twice.status_code == 409
    log = {one["what"] for one in cast.owner.get("/api/v1/me/access-log").json()["items"]}
    paper = f"file:{stories.PAPER}"
    assert {"opinion:list", "opinion:read", "opinion:file", paper} <= log


def test_a_request_is_taken_back_with_a_reason_by_whoever_asked(cast):
    dossier = in_process(cast)
    opinion = asked(cast, dossier)
    justice, handler = browser_of("tu-phap"), browser_of("thu-ly")
    body = {"reason": "Hỏi nhầm"}
    assert justice.post(f"{PAGES}{opinion['id']}/withdraw/", body).status_code == 403
    assert handler.post(f"{PAGES}{opinion['id']}/withdraw/", {}).status_code == 400
    told = handler.post(f"{PAGES}{opinion['id']}/withdraw/", body, follow=True).content.decode()
    assert "Đã rút yêu cầu" in told
    assert "Lý do rút: Hỏi nhầm" in told
    assert Opinion.objects.get().state == "withdrawn"
    assert dossier["code"] not in justice.get(PAGES).content.decode()
    assert dossier["code"] in justice.get(f"{PAGES}?state=all").content.decode()


def test_agencies_that_were_not_asked_find_nothing(cast):
    dossier = in_process(cast)
    opinion = asked(cast, dossier)
    stranger = browser_of("cai-khe")
    assert dossier["code"] not in stranger.get(PAGES).content.decode()
    for path in ("", "file/", "files/att_x/"):
        assert stranger.get(f"{PAGES}{opinion['id']}/{path}").status_code == 404
    answer = stranger.post(f"{PAGES}{opinion['id']}/answer/", {"stance": "agree", "text": "x"})
    assert answer.status_code == 404
    assert Opinion.objects.get().state == "open"


def test_the_list_costs_the_same_for_one_and_for_many(cast, count_queries):
    justice = browser_of("tu-phap")
    counts = []
    for many in (1, 3):
        for _ in range(many):
            asked(cast, in_process(cast))
        justice.get(PAGES)
        with count_queries() as queries:
            justice.get(PAGES)
        counts.append(len(queries))
    assert counts[0] == counts[1]
