"""All settings, read from the environment. `.env.example` lists every variable.

Each variable may also be given as NAME_FILE, the path of a file that holds the value (Docker and
systemd secrets). A missing secret fails the start, loudly.
"""

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from environ.fileaware_mapping import FileAwareMapping
from kombu import Queue
from whitenoise.compress import Compressor

from clinic.web.headers import FIXED


class Environment(FileAwareMapping):  # type: ignore[misc]
    """A file that holds a secret ends in a line break; the secret does not."""

    def __getitem__(self, key: str) -> str:
        return str(super().__getitem__(key)).strip()


class Env(environ.FileAwareEnv):  # type: ignore[misc]
    ENVIRON = Environment()


env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("CLINIC_DATA_DIR", default=str(BASE_DIR / ".data"))).absolute()

DEBUG = env.bool("DEBUG", default=False)
DEMO = env.bool("CLINIC_DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY")
# "id:base64 of 32 bytes[,older...]": the first encrypts, all decrypt (see clinic/vault/crypto.py).
DOCUMENT_KEYS = env.str("DOCUMENT_KEYS")

PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
HTTPS = env.bool("HTTPS", default=PUBLIC_URL.startswith("https://"))

INSTALLED_APPS = [
    "demo",
    "website",
    "billing",
    "treatment",
    "booking",
    "prescriptions",
    "intake",
    "clinic",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "bootstrap",  # static files of django-bootstrap-static
    "phonenumber_field",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "clinic.middleware.RequestContextMiddleware",
    # What adds headers comes before what may respond by itself.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "clinic.middleware.OnlyWhatWeTake",
    "clinic.middleware.HealthFirst",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clinic.accounts.idle.IdleMiddleware",
    "clinic.middleware.DenyByDefault",
    "clinic.accounts.second_step.services.SecondStepMiddleware",
    "clinic.middleware.ClinicMiddleware",
    "intake.tablet.middleware.TabletMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.context_processors.clinic",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "clinic.templatetags.components",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Without persistent connections a one-query view takes 5 ms instead of 0.7.
DATABASES: dict[str, Any] = {
    "default": env.db_url("DATABASE_URL", engine="django.db.backends.postgresql")
}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DATABASES["default"].setdefault("OPTIONS", {}).update(
    connect_timeout=3,
    options="-c statement_timeout=15s -c lock_timeout=5s"
    " -c idle_in_transaction_session_timeout=60s",
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL")
# A request never waits on Redis for longer than this (seconds).
REDIS_TIMEOUT = 1
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "clinic.web.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "clinic",
        "OPTIONS": {"socket_timeout": REDIS_TIMEOUT, "socket_connect_timeout": REDIS_TIMEOUT},
    }
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace(
    "?db=", "?virtual_host="
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # above the longest task
    # For those that only queue; the worker is more patient (clinic/celery.py).
    "socket_timeout": REDIS_TIMEOUT,
    "socket_connect_timeout": REDIS_TIMEOUT,
    # kombu would retry for six seconds, whatever `retry=False` says.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_keepalive": True,
}
CELERY_IMPORTS = ["prescriptions.prescribers.tasks"]  # the others are in an app's tasks.py
# The heartbeat does not wait behind a long list of work: a busy worker is a healthy one.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("heartbeat")]
CELERY_TASK_ROUTES = {"clinic.heartbeat": {"queue": "heartbeat"}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": seconds, "options": {"expires": seconds}}
    for name, seconds in {
        "clinic.heartbeat": 15,
        "clinic.sweep_messages": 30,
        "clinic.seal_audit": 10,
        "clinic.rotate_keys": 60,
        "clinic.sweep_exports": 60,
        "booking.expire_holds": 60,
        "booking.tie_prescriptions": 20,
        "booking.offer_freed": 20,
        "booking.queue_reminders": 30,
        "booking.fetch_calendars": 600,
        "prescriptions.sweep_uploads": 30,
        "prescriptions.sweep_codes": 60,
        "prescriptions.prompt_renewals": 3600,
        "billing.sweep_documents": 60,
        "billing.give_estimates": 600,
        "treatment.remind_of_notes": 1800,
        "treatment.ask_after_visits": 300,
        "treatment.sweep_letters": 60,
        "treatment.sweep_prints": 60,
        "intake.end_idle_tablets": 60,
        "intake.sweep_scans": 30,
        "prescriptions.sweep_requests": 60,
    }.items()
}

EMAIL_URL = env.str("EMAIL_URL", default="filemail://")
_email = env.email_url("EMAIL_URL", default="consolemail://") if EMAIL_URL != "filemail://" else {}
if _email:
    vars().update({key: value for key, value in _email.items() if key.startswith("EMAIL_")})
else:  # the embedded default: mail goes to files the owner can open
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 5
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="Stillwater Medical Massage <hello@stillwater.example>"
)

AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    # The 20,000 most used in published breaches; then whatever is easily guessed.
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "clinic.accounts.passwords.GuessableValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "after-login"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "clinic.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # the code by e-mail is the proof; booking creates the account
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_USER_DISPLAY = "clinic.accounts.adapter.display"
ACCOUNT_EMAIL_NOTIFICATIONS = True  # notify the owner when a password or second step changes
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# allauth's own makes more queries for a known address than for an unknown one.
_TOKENS = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = _TOKENS
PASSWORD_RESET_TIMEOUT = 3600  # the e-mail says an hour
ACCOUNT_FORMS = {
    "request_login_code": "clinic.accounts.forms.RequestCodeForm",
    "reset_password": "clinic.accounts.forms.RequestResetForm",
}
# Limits count tries: the key is the account and the address together
# (clinic/accounts/adapter.py), so no one can lock another out, and each window slides.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "5/15m/key,50/15m/ip",
    "login": "30/m/ip",
    "request_login_code": "20/m/ip,50/15m/key",
    "reset_password": "20/m/ip,50/15m/key",
    "sign_in_mail": "5/15m/key",  # before either of these two: clinic/accounts/forms.py
    "reauthenticate": "10/5m/user",
    "confirm_code": "5/15m/user",
    "change_address": "5/15m/user,5/15m/key",
}
# Staff sign in with a second step; in the demo they choose (clinic/accounts/second_step).
STAFF_TWO_STEP = not DEMO
MFA_ADAPTER = "clinic.accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {"add_webauthn": "clinic.accounts.passkeys.AddPasskeyForm"}

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "clinic.error_views.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = FIXED["Referrer-Policy"]
SECURE_CROSS_ORIGIN_OPENER_POLICY = FIXED["Cross-Origin-Opener-Policy"]
X_FRAME_OPTIONS = FIXED["X-Frame-Options"]
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # it asks for DENY
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
LOCATION_KEPT = 2  # seconds a process caches the clinic's own row (clinic/web/location.py)
REQUEST_MAX_SIZE = 64 * 1024 * 1024  # the largest upload accepted, and room for its form
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# unix:///run/clamav/clamd.ctl or tcp://host:3310; unset: uploads are not scanned for viruses.
CLAMAV_URL = env.str("CLAMAV_URL", default="")
# A PKCS#12 file; without one, documents are not signed.
DOCUMENT_CERTIFICATE = env.str("DOCUMENT_CERTIFICATE", default="")
DOCUMENT_CERTIFICATE_PASSPHRASE = env.str("DOCUMENT_CERTIFICATE_PASSPHRASE", default="")

# How other calendars are fetched; the rules are in booking/calendars/fetching.py.
CALENDAR_FETCH: dict[str, Any] = {}

LANGUAGE_CODE = "en-us"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # pages show the clinic's zone: clinic.middleware.ClinicMiddleware
PHONENUMBER_DEFAULT_REGION = "US"
PHONENUMBER_DB_FORMAT = "E164"
PHONENUMBER_DEFAULT_FORMAT = "NATIONAL"

STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(DATA_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Compressing is the slow part of a first start: pages use hashed names, and no one loads maps.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
DOCUMENT_ROOT = DATA_DIR / "documents"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "clinic.web.context.RequestIdFilter"},
        "hide_keys": {"()": "clinic.web.logs.HideKeys"},
    },
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id", "hide_keys"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # These log every step of every document, or announce themselves at every start.
        **{name: {"level": "WARNING"} for name in ("fontTools", "pikepdf", "weasyprint")},
        # Django's own handlers would write past the filters.
        **{name: {"handlers": [], "propagate": True} for name in ("django", "django.server")},
    },
}
