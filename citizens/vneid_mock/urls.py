from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.urls import include, path
from django.utils.html import escape
from django.utils.http import url_has_allowed_host_and_scheme

PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>VNeID thử nghiệm</title>
<style>body{{font:16px/1.5 system-ui;max-width:24rem;margin:2rem auto;padding:0 1rem}}
input,button{{font:inherit;width:100%;padding:.6rem;margin:.3rem 0;box-sizing:border-box}}
.note{{background:#fff3cd;padding:.6rem;border-radius:.4rem}}</style>
<h1>Đăng nhập VNeID (thử nghiệm)</h1>
<p class="note">Đây là trang giả lập, không phải VNeID. Số định danh 12 chữ số bất kỳ.</p>{error}
<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{token}">
<label>Số định danh<input name="username" inputmode="numeric" maxlength="12"></label>
<label>Mật khẩu<input name="password" type="password"></label>
<button>Đăng nhập</button></form></html>"""


def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the sign-in page, or sign in and go on to where the app wanted."""
    error = ""
    if request.method == "POST":
        user = authenticate(
            request,
            username=request.POST.get("username", ""),
            password=request.POST.get("password", ""),
        )
        target = request.GET.get("next", "/")
        if user is not None and url_has_allowed_host_and_scheme(target, {request.get_host()}):
            login(request, user)
            return HttpResponseRedirect(target)
        error = "<p>" + escape("Sai số định danh hoặc mật khẩu.") + "</p>"
    return HttpResponse(PAGE.format(token=get_token(request), error=error))


def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok", "mock": True})


urlpatterns = [
    path("login", sign_in),
    path("healthz", healthz),
    path("", include("allauth.idp.urls")),
    path("accounts/", include("allauth.account.urls")),
]
