"""Settings of the mock identity provider. Development only."""

import os

import environ

from cantho_smart import devkeys, embedded

if os.environ.get("APP_ENV") not in {"dev", "test"}:
    raise RuntimeError("the mock identity provider is for development")

SECRET_KEY = "mock-identity-provider-of-no-value"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "citizens.vneid_mock.urls"
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"
LANGUAGE_CODE = "vi"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = ["citizens.vneid_mock.people.AnyNumberBackend"]
LOGIN_URL = "/login"
_config = environ.Env.db_url_config(
    os.environ.get("VNEID_DATABASE_URL")
    or embedded.url(
        embedded.data_dir("test" if os.environ["APP_ENV"] == "test" else "dev"),
        embedded.OWNER,
        embedded.VNEID_DATABASE,
    )
)
_host = _config.get("OPTIONS", {}).pop("host", None)
_config["HOST"] = _host or _config["HOST"]
DATABASES = {"default": _config}
IDP_OIDC_ADAPTER = "citizens.vneid_mock.people.ClaimsAdapter"
IDP_OIDC_PRIVATE_KEY = devkeys.rsa_key(embedded.state_dir() / "vneid.pem")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
