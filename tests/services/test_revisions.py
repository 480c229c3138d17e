"""Changing a procedure: two officers, one new version, nothing published rewritten."""

import dataclasses
import datetime
import json

import pytest
from django.contrib.admin.utils import quote

from common import clock as real
from common import db
from common.errors import Invalid
from seeds import catalogue
from services import queries
from services.actions import revisions
from services.models import ProcedureVersion, Revision
from services.rules.revisions import Paper
from tests.dossiers import stories
from tests.dossiers.test_desk import enter

pytestmark = pytest.mark.django_db
CODE = "2.000635"
FILLED = {
    "decision_number": "12/QĐ-THU-NGHIEM",
    "fee_type": "flat",
    "fee_unit_vnd": 9_000,
    "fee_source": "văn bản thử nghiệm",
    "level_note": "thử nghiệm: phải xuất trình bản chính",
}


def begin():
    return revisions.start(code=CODE, officer_id="usr_a", now=real.now())


def write(revision, **changes):
    today = real.today()
    given = {"decision_signed_on": today, "effective_on": today, **FILLED, **changes}
    content = dataclasses.replace(revisions.content_of(revision), **given)
    with db.transaction():
        return revisions.save(
            revision_id=revision.id, content=content, officer_id="usr_a", now=real.now()
        )


def publish(revision, who="usr_b"):
    return revisions.publish(
        revision_id=revision.id, officer_id=who, today=real.today(), now=real.now()
    )


def test_a_published_change_holds_from_its_day_on_and_the_old_version_is_kept(clock):
    before = queries.version_on(CODE, real.today())
    day = real.today() + datetime.timedelta(days=10)
    version = publish(write(begin(), effective_on=day, name_vi="Trích lục (tên mới)"))
    assert queries.version_on(CODE, real.today()).id == before.id
    assert queries.version_on(CODE, day).id == version.id
    after = queries.version_on(CODE, day)
    assert (after.number, after.name_vi) == (before.number + 1, "Trích lục (tên mới)")
    assert (after.fee["type"], after.fee["unit"]) == ("flat", 9_000)
    assert after.papers == before.papers
    assert after.time_limit.value == before.time_limit.value


def test_a_filed_dossier_keeps_its_version_and_the_next_one_gets_the_new(cast):
    filed = stories.submitted(cast.owner)
    publish(write(begin()))
    answer = cast.owner.get(f"/api/v1/dossiers/{filed['id']}").json()
    assert answer["fee"]["total"]["amount"] == 16_000
    shown = cast.anonymous.get(f"/api/v1/services/{CODE}").json()
    assert shown["fee"]["total"] == {"amount": 9_000, "currency": "VND"}
    assert shown["publishing_decision"] == "12/QĐ-THU-NGHIEM"


def test_nobody_publishes_what_they_wrote():
    revision = write(begin())
    with pytest.raises(revisions.FourEyes):
        publish(revision, "usr_a")
    assert ProcedureVersion.objects.filter(procedure_id=CODE).count() == 1


def test_one_change_at_a_time_and_none_twice():
    revision = begin()
    with pytest.raises(revisions.RevisionOpen):
        begin()
    publish(write(revision))
    with pytest.raises(revisions.RevisionClosed):
        publish(revision)
    with pytest.raises(revisions.RevisionClosed):
        write(revision)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name_vi": ""}, "/name_vi"),
        ({"decision_number": ""}, "/decision_number"),
        ({"decision_signed_on": None}, "/decision_signed_on"),
        ({"decision_signed_on": datetime.date(2099, 1, 1)}, "/decision_signed_on"),
        ({"effective_on": None}, "/effective_on"),
        ({"effective_on": datetime.date(2026, 1, 1)}, "/effective_on"),
        ({"online_level": "partial", "level_note": ""}, "/level_note"),
        ({"limit_value": 3, "limit_unit": "", "limit_source": "x"}, "/limit_value"),
        ({"limit_value": 3, "limit_unit": "hour", "limit_source": ""}, "/limit_source"),
        (
            {"limit_value": 3, "limit_unit": "hour", "limit_source": "x", "limit_same_day": True},
            "/limit_same_day",
        ),
        ({"fee_unit_vnd": None}, "/fee_unit_vnd"),
        ({"fee_type": "per_copy", "fee_field": ""}, "/fee_field"),
        ({"fee_type": "free", "fee_source": ""}, "/fee_source"),
        ({"form": {"title": "x"}}, "/form"),
    ],
)
def test_what_is_not_complete_is_not_published_and_every_gap_is_named(clock, changes, pointer):
    revision = write(begin(), **changes)
    with pytest.raises(Invalid) as caught:
        publish(revision)
    assert pointer in {error.pointer for error in caught.value.errors}
    assert Revision.objects.get().state == "draft"
    assert ProcedureVersion.objects.filter(procedure_id=CODE).count() == 1


@pytest.mark.parametrize(
    ("papers", "pointer"),
    [
        ((Paper("a", "x"), Paper("a", "y")), "/papers/0/key"),
        ((Paper("a b", "x"),), "/papers/0/key"),
        ((Paper("a", " "),), "/papers/0/name"),
        (tuple(Paper(f"p{n}", "x") for n in range(61)), "/papers"),
    ],
)
def test_a_paper_list_that_cannot_be_is_not_even_saved(papers, pointer):
    revision = begin()
    before = revisions.content_of(revision)
    with pytest.raises(Invalid) as caught:
        write(revision, papers=papers)
    assert pointer in {error.pointer for error in caught.value.errors}
    assert revisions.content_of(Revision.objects.get()) == before


def test_a_new_form_is_published_with_it_and_checked_like_every_form(cast):
    form = next(
        one
        for one in map(
            lambda path: json.loads(path.read_text("utf-8")),
            sorted((catalogue.DATA / "forms").glob("*.json")),
        )
        if one["procedure_code"] == CODE
    )
    schema = form["schema"]
    schema["properties"]["ghi_chu"] = {
        "type": "string",
        "title": "Ghi chú",
        "x-title-en": "Note",
    }
    form["sections"][-1]["fields"].append("ghi_chu")
    form["prefill"].append({"field": "ghi_chu", "never": True, "reason": "viết tự do"})
    revision = write(begin(), form=form)
    with pytest.raises(Invalid) as caught:
        publish(revision)
    assert "ghi_chu: text without a limit" in caught.value.errors[0].message_en
    schema["properties"]["ghi_chu"]["maxLength"] = 100
    publish(write(revision, form=form))
    shown = cast.anonymous.get(f"/api/v1/services/{CODE}/form").json()
    assert shown["schema"]["properties"]["ghi_chu"]["maxLength"] == 100


def test_the_next_import_of_the_same_data_leaves_a_revision_alone():
    publish(write(begin()))
    assert "procedures: 0 new, 0 changed" in list(catalogue.load(now=real.now()))
    assert queries.version_on(CODE, real.today()).fee["unit"] == 9_000


def test_the_desk_prepares_and_publishes_a_change(cast):
    """Over the pages, as two officers do it."""
    stories.submitted(cast.owner)
    writer, _ = enter("thu-ly")
    current = ProcedureVersion.objects.get(procedure_id=CODE)
    page = writer.get(f"/admin/services/procedureversion/{quote(current.id)}/change/")
    assert "Soạn sửa đổi" in page.content.decode()
    opened = writer.post(f"/admin/services/procedureversion/{CODE}/revise/")
    revision = Revision.objects.get()
    assert opened.headers["Location"].endswith(f"{quote(revision.id)}/change/")
    shown = writer.get(opened.headers["Location"])
    form = shown.context["adminform"].form
    data = {name: form.initial.get(name) or "" for name in form.fields}
    data.pop("limit_same_day", None)
    data |= {
        **{name: str(value) for name, value in FILLED.items()},
        "decision_signed_on": "01/11/2026",
        "effective_on": f"{real.today():%d/%m/%Y}",
        "form": "null",
    }
    rows = shown.context["inline_admin_formsets"][0].formset
    data |= {
        "papers-TOTAL_FORMS": str(len(rows.initial_forms) + 1),
        "papers-INITIAL_FORMS": str(len(rows.initial_forms)),
    }
    for index, row in enumerate(rows.initial_forms):
        data |= {
            f"papers-{index}-{name}": "" if value is None else str(value)
            for name, value in row.initial.items()
        } | {f"papers-{index}-id": str(row.instance.pk), f"papers-{index}-revision": revision.id}
    last = len(rows.initial_forms)
    data |= {
        f"papers-{last}-position": "99",
        f"papers-{last}-key": "giay-moi",
        f"papers-{last}-name": "Giấy tờ mới",
        f"papers-{last}-original_qty": "1",
        f"papers-{last}-copy_qty": "0",
        f"papers-{last}-revision": revision.id,
    }
    saved = writer.post(opened.headers["Location"], data)
    assert saved.status_code == 302, saved.context["errors"]
    address = f"/admin/services/revision/{revision.id}/publish/"
    refused = writer.post(address, follow=True).content.decode()
    assert "không được tự công bố" in refused
    publisher, _ = enter("lanh-dao")
    done = publisher.post(address, follow=True).content.decode()
    assert "Đã công bố phiên bản mới" in done
    version = queries.version_on(CODE, real.today())
    assert version.fee["unit"] == 9_000
    assert version.papers[-1].name == "Giấy tờ mới"
    assert version.papers[-1].digital


@pytest.mark.parametrize("who", ["tiep-nhan", "cai-khe"])
def test_who_does_not_keep_the_catalogue_reads_it_only(cast, who):
    stories.submitted(cast.owner)
    browser, _ = enter(who)
    listed = browser.get("/admin/services/procedureversion/").content.decode()
    assert "1.000894" in listed
    browser.post(f"/admin/services/procedureversion/{CODE}/revise/")
    assert not Revision.objects.exists()
    begin()
    assert browser.get("/admin/services/revision/").status_code == 403
    current = ProcedureVersion.objects.get(procedure_id=CODE)
    page = f"/admin/services/procedureversion/{quote(current.id)}"
    browser.post(f"{page}/change/", {"name_vi": "x"})
    assert browser.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert ProcedureVersion.objects.get(procedure_id=CODE).name_vi == current.name_vi
