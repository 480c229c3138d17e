"""Paper at the desk: entered, scanned, filed."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from citizens.actions.walk_ins import NotForYourself
from common import clock, http, pages
from common.errors import MfaRequired, NotFound, StaleVersion
from common.http import Body, IsOfficer, Request, View
from common.openapi import operation, path_parameter
from dossiers.actions import counter, counter_filing
from dossiers.actions.attachments import TooManyFiles
from dossiers.actions.who import NotYourRole
from dossiers.api import desk_shapes, render, shapes
from dossiers.api.attachments import FileForm, FormParser
from dossiers.api.delivery import WAYS
from dossiers.api.officer import detail
from dossiers.models import CounterFile, Scan
from dossiers.queries import counter as reads
from dossiers.queries import desk, offices
from dossiers.rules import limits
from dossiers.rules.calendar import CalendarMissing
from services.queries import UnknownService

FILE = path_parameter("file_id", "Id of the paper file.")
SCAN = path_parameter("scan_id", "Id of the scan.")
PERSON = {"id_number": "092080000009", "full_name": "Phạm Văn Quầy", "phone": "0900000009"}


class PersonBody(Body):
    """As on the identity paper that the officer saw."""

    id_number = serializers.RegexField(r"^[0-9]{12}$", help_text="Số định danh cá nhân.")
    full_name = serializers.CharField(max_length=200)
    phone = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")


class CounterFileBody(Body):
    channel = serializers.ChoiceField(choices=["counter", "postal"])
    service_code = serializers.RegexField(r"^[0-9]\.[0-9]{6}$")
    person = PersonBody()
    receiving_agency = serializers.CharField(
        max_length=60, required=False, help_text="Where another office receives: this one helps."
    )
    tracking_number = serializers.CharField(
        max_length=40, required=False, default="", allow_blank=True, help_text="Of the post."
    )
    arrived_on = serializers.DateField(required=False, help_text="When the post brought it.")


class PaperBody(Body):
    paper_key = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=["original", "copy"])
    quantity = serializers.IntegerField(min_value=1, max_value=1000)


class CounterFileChangeBody(Body):
    person = PersonBody(required=False)
    answers = serializers.DictField(
        required=False, help_text="Only what changed; null empties a field."
    )
    papers = serializers.ListField(
        child=PaperBody(), required=False, max_length=200, help_text="All that lies there."
    )
    delivery = shapes.DeliveryBody(required=False)
    receiving_agency = serializers.CharField(max_length=60, required=False)


class FilingBody(Body):
    version = serializers.IntegerField(
        required=False, help_text="The file's version that the officer saw."
    )


class PersonShape(shapes.Shape):
    id_number = serializers.CharField()
    full_name = serializers.CharField()
    phone = serializers.CharField()


class HandedInPaperShape(shapes.Shape):
    paper_key = serializers.CharField()
    kind = serializers.ChoiceField(choices=["original", "copy"])
    quantity = serializers.IntegerField()


class ScanShape(shapes.Shape):
    id = serializers.CharField()
    paper_key = serializers.CharField()
    paper_name = serializers.CharField()
    file_name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()


class CounterFileBriefShape(shapes.Shape):
    """Paper being entered, in a list."""

    id = serializers.CharField()
    channel = serializers.ChoiceField(choices=["counter", "postal"])
    service_code = serializers.CharField()
    service_name = serializers.CharField()
    applicant_name = serializers.CharField()
    receiving_agency = shapes.AgencyBriefShape()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class CounterFileShape(CounterFileBriefShape):
    """Paper being entered, whole. `form_id` is empty where no electronic form exists."""

    state = serializers.ChoiceField(choices=["open", "filed"])
    dossier_id = serializers.CharField(allow_null=True)
    form_id = serializers.CharField()
    person = PersonShape(allow_null=True)
    has_account = serializers.BooleanField(help_text="The number was proved to an account.")
    answers = serializers.DictField()
    papers = HandedInPaperShape(many=True)
    delivery_way = serializers.ChoiceField(choices=WAYS)
    tracking_number = serializers.CharField()
    arrived_on = serializers.DateField(allow_null=True)
    scans = ScanShape(many=True)


def brief(row: CounterFile) -> dict[str, Any]:
    return {
        "id": row.id,
        "channel": row.channel,
        "service_code": row.service_code,
        "service_name": row.service_version.name_vi,
        "applicant_name": row.person.get("full_name", ""),
        "receiving_agency": render.agency(row.receiving_agency),
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "expires_at": row.expires_at,
    }


def whole(row: CounterFile) -> dict[str, Any]:
    return {
        **brief(row),
        "state": row.state,
        "dossier_id": row.dossier_id,
        "form_id": row.form_id or "",
        "person": row.person or None,
        "has_account": row.citizen_id is not None,
        "answers": row.answers,
        "papers": row.papers,
        "delivery_way": row.delivery_way,
        "tracking_number": row.tracking_number,
        "arrived_on": row.arrived_on,
        "scans": [scan_shown(one) for one in reads.scans(row.id)],
    }


def scan_shown(row: Scan) -> dict[str, Any]:
    return {
        "id": row.id,
        "paper_key": row.paper_key,
        "paper_name": row.paper_name,
        "file_name": row.file_name,
        "media_type": row.file.media_type,
        "size": row.file.size,
        "sha256": row.file_id,
        "created_at": row.created_at,
    }


class CounterFiles(View):
    permission_classes = [IsOfficer]

    @operation(
        "listCounterFiles",
        tag="officers",
        summary="List the paper being entered at my agency",
        answer=CounterFileBriefShape,
        paged=True,
        refusals=[MfaRequired, NotYourRole],
    )
    def get(self, request: Request) -> Response:
        seat = counter.reception_seat(request.user.id, now=clock.now())

        def show(rows: list[CounterFile]) -> list[dict[str, Any]]:
            counter.list_shown(seat=seat, rows=rows, now=clock.now())
            return [brief(row) for row in rows]

        return pages.page(request, reads.files(seat), order=("-updated_at", "-id"), render=show)

    @operation(
        "openCounterFile",
        tag="officers",
        summary="Begin to enter paper",
        description="Of a walk-in citizen, or from the post; for any service of the catalogue, "
        "also one without an electronic form. The identity paper's number and name together say "
        "whose it is; nobody can claim it without proving both.",
        body=CounterFileBody,
        answer=CounterFileShape,
        status=201,
        key="transaction",
        refusals=[
            MfaRequired,
            NotYourRole,
            UnknownService,
            counter.TooManyFilesOpen,
            NotForYourself,
        ],
        examples=[
            OpenApiExample(
                "a walk-in",
                value={"channel": "counter", "service_code": "2.000815", "person": PERSON},
                request_only=True,
            ),
            OpenApiExample(
                "from the post",
                value={
                    "channel": "postal",
                    "service_code": "2.000635",
                    "person": PERSON,
                    "tracking_number": "EA000000000VN",
                    "arrived_on": "2026-11-23",
                },
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        body = CounterFileBody(data=request.data)
        body.is_valid(raise_exception=True)
        values = body.validated_data
        row = counter.open_file(
            officer_id=request.user.id,
            channel=values["channel"],
            service_code=values["service_code"],
            person=values["person"],
            receiving_agency=values.get("receiving_agency"),
            tracking_number=values["tracking_number"],
            arrived_on=values.get("arrived_on"),
            now=clock.now(),
        )
        return http.answer(whole(row), status=201, version=row.version)


class CounterFileDetail(View):
    permission_classes = [IsOfficer]

    @operation(
        "getCounterFile",
        tag="officers",
        summary="Read a paper file of my agency",
        answer=CounterFileShape,
        refusals=[NotFound, MfaRequired, NotYourRole],
        query=[FILE],
    )
    def get(self, request: Request, file_id: str) -> Response:
        row = counter.look(officer_id=request.user.id, file_id=file_id, now=clock.now())
        return http.answer(whole(row), version=row.version)

    @operation(
        "saveCounterFile",
        tag="officers",
        summary="Save what was entered",
        body=CounterFileChangeBody,
        answer=CounterFileShape,
        match=True,
        refusals=[
            NotFound,
            MfaRequired,
            NotYourRole,
            counter.CounterFileClosed,
            NotForYourself,
        ],
        examples=[
            OpenApiExample(
                "one original and two copies",
                value={
                    "answers": {"so_trang": 3},
                    "papers": [
                        {"paper_key": "000.00.00.G15-KQ004946", "kind": "original", "quantity": 1},
                        {"paper_key": "000.00.00.G15-KQ004946", "kind": "copy", "quantity": 2},
                    ],
                },
                request_only=True,
            )
        ],
        query=[FILE],
    )
    def patch(self, request: Request, file_id: str) -> Response:
        expected = http.expected_version(request)
        body = CounterFileChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        row = counter.save(
            officer_id=request.user.id,
            file_id=file_id,
            expected_version=expected,
            changes=body.validated_data,
            now=clock.now(),
        )
        return http.answer(whole(row), version=row.version)

    @operation(
        "discardCounterFile",
        tag="officers",
        summary="Throw a paper file away",
        description="What it says of the person is erased.",
        status=204,
        match=True,
        refusals=[NotFound, MfaRequired, NotYourRole, counter.CounterFileClosed],
        query=[FILE],
    )
    def delete(self, request: Request, file_id: str) -> Response:
        counter.discard(
            officer_id=request.user.id,
            file_id=file_id,
            expected_version=http.expected_version(request),
            now=clock.now(),
        )
        return Response(status=204)


class CounterFileScans(View):
    permission_classes = [IsOfficer]
    parser_classes = [FormParser]

    @operation(
        "scanPaper",
        tag="officers",
        summary="Add a scan of a paper",
        body=FileForm,
        answer=ScanShape,
        status=201,
        key="durable",
        multipart=True,
        refusals=[
            NotFound,
            MfaRequired,
            NotYourRole,
            counter.CounterFileClosed,
            TooManyFiles,
        ],
        query=[FILE],
    )
    def post(self, request: Request, file_id: str) -> Response:
        body = FileForm(data=request.data)
        body.is_valid(raise_exception=True)
        upload = body.validated_data["file"]
        made = counter.scan(
            officer_id=request.user.id,
            file_id=file_id,
            client_key=request.idempotency_key,
            paper_key=body.validated_data["paper_key"],
            file_name=upload.name,
            data=upload.read(limits.MAX_FILE_BYTES + 1),
            now=clock.now(),
        )
        return http.answer(scan_shown(made), status=201)


class CounterFileScan(View):
    permission_classes = [IsOfficer]

    @operation(
        "removeScan",
        tag="officers",
        summary="Take a scan off a paper file",
        status=204,
        match=True,
        refusals=[NotFound, MfaRequired, NotYourRole, counter.CounterFileClosed],
        query=[FILE, SCAN],
    )
    def delete(self, request: Request, file_id: str, scan_id: str) -> Response:
        counter.unscan(
            officer_id=request.user.id,
            file_id=file_id,
            scan_id=scan_id,
            expected_version=http.expected_version(request),
            now=clock.now(),
        )
        return Response(status=204)


class CounterFiling(View):
    permission_classes = [IsOfficer]

    @operation(
        "fileCounterFile",
        tag="officers",
        summary="File what was entered",
        description="One transaction gives the dossier with its code. At the counter it is "
        "received at once, with form 01, unless a known fee is due first: then it waits in state 1 "
        "until that is paid. Repeat it as often as needed: one dossier.",
        body=FilingBody,
        answer=desk_shapes.OfficerDetailShape,
        status=201,
        key="transaction",
        refusals=[
            NotFound,
            MfaRequired,
            NotYourRole,
            StaleVersion,
            NotForYourself,
            counter_filing.NothingScanned,
            CalendarMissing,
        ],
        examples=[OpenApiExample("what was seen", value={"version": 3}, request_only=True)],
        query=[FILE],
    )
    def post(self, request: Request, file_id: str) -> Response:
        body = FilingBody(data=request.data)
        body.is_valid(raise_exception=True)
        dossier = counter_filing.file(
            officer_id=request.user.id,
            file_id=file_id,
            expected_version=body.validated_data.get("version"),
            now=clock.now(),
        )
        seat = offices.seat(request.user.id, now=clock.now())
        row = desk.dossier(seat, dossier.id)
        return http.answer(
            detail(row, seat),
            status=201,
            version=row.version,
            headers={"Location": f"/api/v1/officer/dossiers/{row.id}"},
        )
