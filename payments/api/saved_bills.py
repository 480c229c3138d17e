"""The customer codes that I keep, to be told of new bills."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.response import Response

from common import clock, http, pages
from common.errors import NotFound
from common.http import Body, IsCitizen, Request, View
from common.openapi import operation, path_parameter
from payments.actions import saved_bills
from payments.models import SavedBill
from payments.queries import bills as queries

Shape = serializers.Serializer[Any]
TAG = "bills"
SAVED = path_parameter("saved_bill_id", "The saved code.")


class SavedBillShape(Shape):
    id = serializers.CharField()
    biller = serializers.CharField()
    biller_name = serializers.CharField()
    customer_code = serializers.CharField()
    label = serializers.CharField()
    created_at = serializers.DateTimeField()
    checked_at = serializers.DateTimeField(
        allow_null=True, help_text="When the biller was last asked for new bills."
    )
    version = serializers.IntegerField()


class SavedBillBody(Body):
    biller = serializers.CharField(max_length=40)
    customer_code = serializers.CharField(max_length=40)
    label = serializers.CharField(max_length=60, help_text="In my own words.")


def render(row: SavedBill) -> dict[str, Any]:
    return {
        "id": row.id,
        "biller": row.biller_id,
        "biller_name": row.biller.name,
        "customer_code": row.customer_code,
        "label": row.label,
        "created_at": row.created_at,
        "checked_at": row.checked_at,
        "version": row.version,
    }


class SavedBills(View):
    permission_classes = [IsCitizen]

    @operation(
        "listSavedBills",
        tag=TAG,
        summary="List the customer codes I keep",
        description="Latest first.",
        answer=SavedBillShape,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return pages.page(
            request,
            queries.saved_of(str(request.user.pk)),
            order=("-created_at", "-id"),
            render=lambda rows: [render(row) for row in rows],
        )

    @operation(
        "saveBill",
        tag=TAG,
        summary="Keep a customer code",
        description=(
            "The biller is asked every morning; each new bill puts one message into my inbox. The "
            "code and the label are encrypted."
        ),
        body=SavedBillBody,
        answer=SavedBillShape,
        status=201,
        key="transaction",
        refusals=[NotFound, saved_bills.TooManySavedBills, saved_bills.BillAlreadySaved],
        examples=[
            OpenApiExample(
                "at home",
                value={
                    "biller": "dien-mau",
                    "customer_code": "MPD0000001",
                    "label": "Nhà mẹ",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        body = SavedBillBody(data=request.data)
        body.is_valid(raise_exception=True)
        row = saved_bills.save(
            citizen_id=str(request.user.pk),
            biller_code=body.validated_data["biller"],
            customer_code=body.validated_data["customer_code"],
            label=body.validated_data["label"],
            now=clock.now(),
        )
        return http.composed_answer(render(row), version=row.version, status=201)


class SavedBillDetail(View):
    permission_classes = [IsCitizen]

    @operation(
        "getSavedBill",
        tag=TAG,
        summary="Read one code that I keep",
        answer=SavedBillShape,
        refusals=[NotFound],
        query=[SAVED],
    )
    def get(self, request: Request, saved_bill_id: str) -> Response:
        row = queries.saved_one(str(request.user.pk), saved_bill_id)
        return http.composed_answer(render(row), version=row.version)

    @operation(
        "forgetSavedBill",
        tag=TAG,
        summary="Forget a customer code",
        status=204,
        match=True,
        refusals=[NotFound],
        query=[SAVED],
    )
    def delete(self, request: Request, saved_bill_id: str) -> Response:
        saved_bills.remove(
            citizen_id=str(request.user.pk),
            saved_id=saved_bill_id,
            expected_version=http.expected_version(request),
        )
        return Response(status=204)
