"""How a payer may pay: the settings' names, and which provider takes each."""

from django.conf import settings

from common.errors import Refusal
from payments.actions import transfers


class MethodUnknown(Refusal):
    code = "payment_method_unknown"
    status = 422
    title_vi = "Hình thức thanh toán này không được hỗ trợ"
    title_en = "This way of paying is not offered"
    members = ("methods",)


class TransferOfOneDue(Refusal):
    code = "transfer_of_one_due"
    status = 422
    title_vi = "Mỗi lần chuyển khoản chỉ nộp được một khoản"
    title_en = "A bank transfer pays one due"
    detail_vi = "Tiền chuyển thẳng vào tài khoản của từng cơ quan. Hãy chuyển cho từng khoản."
    detail_en = "The money goes straight to each agency's account. Transfer for each due."


def provider_of(method: str | None, *, dues: int) -> str:
    """Return which provider takes a method for so many dues; without a method the first.

    Errors: MethodUnknown, TransferOfOneDue.
    """
    methods = settings.PAYMENT_METHODS
    if method is not None and method not in methods:
        raise MethodUnknown(methods=list(methods))
    found = str(methods[method] if method is not None else next(iter(methods.values())))
    if dues > 1 and found == transfers.PROVIDER:
        raise TransferOfOneDue
    return found
