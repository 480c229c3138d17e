"""The desk's site: who gets in, what stands on every page, and what its pages share.

A page is a function of a request; `DeskSite.add` puts pages on the site and links into the
navigation. Pages parse and render: each write is one call of the action that the API calls, too.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import translation

from citizens.actions import desk as sign_in
from citizens.actions import sessions
from common import clock, ids
from common.errors import Refusal
from dossiers.models import Seat
from dossiers.queries import offices
from dossiers.rules.seats import READING, WORDS, Role
from services import queries as services

IDLE_SECONDS = int(sessions.IDLE.total_seconds())
MARK = "desk_second_factor"
QUEUE = "admin:dossiers_dossier_changelist"
ONCE = "once"  # a form's own key: sent twice, it is done once
ONCE_SECONDS = 24 * 3600
# Nothing from elsewhere, no script of a page's own: the desk works without any.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

View = Callable[..., HttpResponse]


@dataclasses.dataclass(frozen=True)
class Page:
    """A page of the desk: where it lies under the site, its name, the function behind it."""

    route: str
    name: str
    view: View


@dataclasses.dataclass(frozen=True)
class Link:
    """A line of the navigation, shown to the seats for which `shown` says so."""

    label: str
    name: str
    shown: Callable[[Seat], bool]


def reads(seat: Seat) -> bool:
    """Return whether a seat opens dossiers."""
    return not {str(role) for role in READING}.isdisjoint(offices.roles(seat))


def has(*wanted: Role) -> Callable[[Seat], bool]:
    """Return the condition of having one of these roles, also lent ones."""
    return lambda seat: not {str(role) for role in wanted}.isdisjoint(offices.roles(seat))


class SignInForm(AuthenticationForm):
    """E-mail, password and the code of the second factor, all at once."""

    username = forms.EmailField(label="Thư điện tử", max_length=254)
    password = forms.CharField(
        label="Mật khẩu",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(label="Mã xác thực hai lớp", min_length=6, max_length=8)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if {"username", "password", "code"} <= set(data):
            try:
                self.user_cache = sign_in.officer_of(
                    email=data["username"], password=data["password"], code=data["code"]
                )
            except Refusal as refusal:
                raise ValidationError(refusal.title_vi) from refusal
        return data


class DeskSite(admin.AdminSite):
    site_title = site_header = "Bàn làm việc một cửa (thử nghiệm)"
    index_title = "Hồ sơ, lịch làm việc và danh mục"
    login_form = SignInForm
    login_template = "dossiers/desk/login.html"
    enable_nav_sidebar = False
    site_url = None

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.pages: list[Page] = []
        self.links: list[Link] = []

    def add(self, *pages: Page, links: tuple[Link, ...] = ()) -> None:
        """Put pages on the site and lines into its navigation, in the order of the calls."""
        self.pages += pages
        self.links += links

    def get_urls(self) -> list[Any]:
        ours = [path(one.route, self.admin_view(one.view), name=one.name) for one in self.pages]
        return [*ours, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what stands on every page: who sits there, and where one may go."""
        context = super().each_context(request)
        if not context["has_permission"]:
            return context
        seat = seat_of(request)
        agency = services.agency(seat.agency_id).name_vi
        links = [(one.label, reverse(one.name)) for one in self.links if one.shown(seat)]
        here = max((where for _, where in links if request.path.startswith(where)), default="")
        return {**context, "seat": seat, "agency": agency, "desk_links": links, "desk_here": here}

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether this session is an officer's that passed the second factor."""
        user: Any = request.user
        if not (user.is_authenticated and user.is_active and user.is_officer):
            return False
        if not (request.session.get(MARK) and offices.holds_seat(str(user.pk))):
            return False
        request.session.set_expiry(IDLE_SECONDS)
        return True

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Return the view in Vietnamese, whatever the browser asks for, and its refusals in words.

        What a view raises is told with its own status and changes nothing.
        """
        inner = super().admin_view(view, cacheable)

        def in_vietnamese(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            with translation.override("vi"):
                try:
                    response: Any = inner(request, *args, **kwargs)
                except Refusal as refusal:
                    response = show(
                        request,
                        "refused",
                        "Không thực hiện được",
                        {"words": words_of(refusal)},
                        status=status_of(refusal),
                    )
                if hasattr(response, "render"):
                    response.render()
                response.headers.setdefault("Content-Security-Policy", POLICY)
                return response

        return in_vietnamese

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "POST":
            form = SignInForm(request, data=request.POST)
            if form.is_valid():
                login(request, form.get_user(), "django.contrib.auth.backends.ModelBackend")
                request.session[MARK] = True
                request.session.set_expiry(IDLE_SECONDS)
                return HttpResponseRedirect(reverse(QUEUE))
        with translation.override("vi"):
            response: Any = super().login(request, extra_context)
            if hasattr(response, "render"):
                response.render()
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


site = DeskSite()


def seat_of(request: HttpRequest) -> Seat:
    """Return the seat behind a request, with the roles lent to it now; read once a request.

    Errors: Forbidden for somebody who left.
    """
    held: Any = request
    if not hasattr(held, "desk_seat"):
        held.desk_seat = offices.seat(str(request.user.pk), now=clock.now())
    found: Seat = held.desk_seat
    return found


def show(
    request: HttpRequest,
    template: str,
    title: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """Return a page of the desk from one of its templates."""
    return render(
        request,
        f"dossiers/desk/{template}.html",
        {**site.each_context(request), "title": title, ONCE: ids.unguessable(), **context},
        status=status,
    )


def now() -> datetime:
    """Return the moment at which a page is made."""
    return clock.now()


def once_of(request: HttpRequest) -> str:
    """Return the key that came with a form, empty where none or no sound one did."""
    key = request.POST.get(ONCE, "")
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", key) else ""


def attempt(
    request: HttpRequest, form: forms.Form, act: Callable[[dict[str, Any]], str]
) -> int | None:
    """Do what a form asks, and say on the next page what became of it.

    Shape: act takes the form's values and returns what to say. Return None when it is done, else
    the status of the page that says why not. A form that is sent twice is done once.
    """
    if request.method != "POST" or not form.is_valid():
        refuse(request, form_words(form))
        return 400
    key = once_of(request)
    mark = ""
    if key:
        mark = f"desk-once:{request.user.pk}:{request.path[-100:]}:{key}"
        if not cache.add(mark, 1, ONCE_SECONDS):
            done(request, "Yêu cầu này đã được gửi trước đó; kết quả ở dưới đây.")
            return None
    try:
        told = act(form.cleaned_data)
    except BaseException as failure:
        if mark:
            cache.delete(mark)
        if not isinstance(failure, Refusal):
            raise
        refuse(request, words_of(failure, form))
        return status_of(failure)
    done(request, told)
    return None


def go(name: str, *args: Any) -> HttpResponse:
    """Return the way to another page of the desk."""
    return HttpResponseRedirect(reverse(f"admin:{name}", args=args))


def words_of(refusal: Refusal, form: Any = None) -> str:
    """Return why not, in Vietnamese, with everything that is wrong.

    What a form asked for is called as its page calls it.
    """
    fields = {} if form is None else form.fields
    found = "; ".join(
        f"{fields[error.param].label}: {error.message_vi}"
        if error.param in fields
        else f"{error.param}: {error.message_vi}"
        if error.param
        else error.message_vi
        for error in refusal.errors
    )
    told = f"{refusal.title_vi}."
    if refusal.detail_vi:
        told = f"{told} {refusal.detail('vi')}"
    return f"{told} {found}".strip()


def status_of(refusal: Refusal) -> int:
    """Return the status of a page that says no: 412 belongs to a header that pages do not send."""
    return 409 if refusal.status == 412 else refusal.status


def form_words(form: Any) -> str:
    """Return what is wrong with a form, in Vietnamese."""
    found = [
        f"{form.fields[name].label or name}: {' '.join(told)}" if name in form.fields else told[0]
        for name, told in form.errors.items()
    ]
    return "Yêu cầu không hợp lệ. " + "; ".join(found)


def refuse(request: HttpRequest, words: str) -> None:
    """Say on the next page why something was not done."""
    messages.error(request, words)


def done(request: HttpRequest, words: str) -> None:
    """Say on the next page what was done."""
    messages.success(request, words)


def role_words(seat: Seat) -> str:
    """Return the roles of a seat in Vietnamese, those lent to it among them."""
    return roles_text(offices.roles(seat))


def roles_text(roles: Iterable[str]) -> str:
    """Return roles in Vietnamese."""
    return ", ".join(WORDS[Role(role)] for role in sorted(roles))
