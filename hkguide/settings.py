"""Settings of hkguide, read from top to bottom. Every knob is an environment variable that starts with HKGUIDE_.

docs/settings.md lists them for whoever runs an installation. A value that cannot be read stops the start and names itself.
"""

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    return os.environ.get(f"HKGUIDE_{name}", default).strip()


def env_flag(name: str, default: bool = False) -> bool:
    value = env(name).lower()
    if value in ("", "0", "1", "true", "false", "on", "off", "yes", "no"):
        return default if not value else value in ("1", "true", "on", "yes")
    raise ImproperlyConfigured(f"HKGUIDE_{name} must be 1 or 0, not {value!r}.")


def env_int(name: str, default: int) -> int:
    value = env(name)
    if value and not value.isdecimal():
        raise ImproperlyConfigured(f"HKGUIDE_{name} must be a whole number, not {value!r}.")
    return int(value) if value else default


def env_options(name: str) -> dict[str, object]:
    """Read an object written as JSON; empty when it is not set."""
    try:
        value = json.loads(env(name) or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ImproperlyConfigured(f'HKGUIDE_{name} must be a JSON object, such as {{"bucket_name": "evidence"}}.')
    return value


def env_address(name: str) -> tuple[str, int] | None:
    """Read host:port; None when it is not set."""
    value = env(name)
    host, _colon, port = value.rpartition(":")
    if value and not (host and port.isdecimal()):
        raise ImproperlyConfigured(f"HKGUIDE_{name} must have the form host:port, not {value!r}.")
    return (host.strip("[]"), int(port)) if value else None


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def env_contact(name: str, default: str) -> str:
    """Read an email address or an https address, and write it as a link."""
    value = env(name, default)
    if re.fullmatch(r"(https://|mailto:)\S+", value):
        return value
    if re.fullmatch(r"[^\s@:/]+@[^\s@:/]+", value):
        return f"mailto:{value}"
    raise ImproperlyConfigured(f"HKGUIDE_{name} must be an email address or an https address, not {value!r}.")


def limits(
    given: dict[str, object], known: dict[str, dict[str, tuple[int, int]]]
) -> dict[str, dict[str, tuple[int, int]]]:
    """Read limits that take the place of ours: {"export": {"person": [10, 3600]}}."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for name, kinds in given.items():
        found[name] = {}
        for kind, pair in kinds.items() if isinstance(kinds, dict) else [("", [])]:
            numbers = [n for n in pair if type(n) is int and n > 0] if isinstance(pair, list) else []
            known_kind = kind in ("person", "address", "organisation", "thing")
            if name not in known or not known_kind or len(numbers) != 2 or len(pair) != 2:
                raise ImproperlyConfigured(
                    f'HKGUIDE_LIMITS: {name!r} is not a limit, or does not have the form {{"person": [attempts, seconds]}}.'
                )
            found[name][kind] = (numbers[0], numbers[1])
    return found


def database(url: str) -> dict[str, object]:
    """Read HKGUIDE_DATABASE_URL: postgresql://user:password@host:port/name; empty is SQLite in var/."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": VAR / "hkguide.sqlite3",
            # Kept open: who opens the file reads the whole schema, and who closes it last writes the log back into it.
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                # IMMEDIATE: what a decision rests on is read inside the write transaction, one writer at a time.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # The log is written back every 4,000 pages (16 MB): a save touches about ten, most of them again and again.
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
                "PRAGMA wal_autocheckpoint=4000;",
            },
            "TEST": {"NAME": VAR / "test.sqlite3"},
        }
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ImproperlyConfigured("HKGUIDE_DATABASE_URL must have the form postgresql://user:password@host:port/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "pool": {"min_size": 1, "max_size": env_int("DATABASE_POOL", 8)},
            # PostgreSQL is sent values beside their statement, so that it plans one that comes again once a connection:
            # of a short query planning takes longer than the rest.
            "server_side_binding": True,
            "prepare_threshold": 2,
        },
    }


# --- what is kept, and where -----------------------------------------------------------------------------------------
os.umask(0o077)  # database, documents and emails that wait are for the user of this process alone
VAR = Path(env("VAR", str(BASE_DIR / "var")))  # made at the start, by assessments/core/folders.py
DATABASES = {"default": database(env("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = VAR / "media"
MEDIA_URL = "/media/"  # never served: documents leave through a guarded view
LOG_KEY_FILE = Path(
    env("LOG_KEY_FILE", str(VAR / "log-key.pem"))
)  # signs the log; keep it and its backup apart from the database's
LOG_HEADS = env("LOG_HEADS")  # where the ends of the chains go each day: "syslog", the path of a file, or nowhere

# --- the installation --------------------------------------------------------------------------------------------------
DEBUG = env_flag("DEBUG")
# Empty or short is refused by the check hkguide.E001 and by wsgi.py, so that classify and check_guideline run without it.
SECRET_KEY = env("SECRET_KEY") or ("only-for-debugging-and-tests" if DEBUG else "")
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")  # former ones: what they signed or encrypted can still be read
PUBLIC_URL = env("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
# With an https address no name of the own machine: links in mails and redirects could be made to lead there.
OWN_MACHINE = "" if PUBLIC_URL.startswith("https://") else "localhost,127.0.0.1,[::1],"
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", f"{OWN_MACHINE}{urlsplit(PUBLIC_URL).hostname or ''}")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
OPEN_FOUNDING = env_flag("OPEN_FOUNDING")  # anyone may sign up, and a signed-in user may found an organisation
EDITION_DIR = Path(env("EDITION_DIR", str(BASE_DIR / "fixtures" / "guideline" / "hk-genai-1.1")))
HELP_CONTACT = env("HELP_CONTACT", "help@localhost")
SECURITY_CONTACT = env_contact("SECURITY_CONTACT", HELP_CONTACT)  # in /.well-known/security.txt
PAGES_DIR = env("PAGES_DIR")  # privacy.md, terms.md, accessibility.md, contact.md, complain.md of the operator
OPERATOR_NAME = env("OPERATOR_NAME")  # who runs the installation, as those pages print it
OPERATOR_ADDRESS = env("OPERATOR_ADDRESS")
DELETION_DAYS = env_int("DELETION_DAYS", 30)  # from an owner's request until an organisation's content is blanked

INSTALLED_APPS = [
    "assessments",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "assessments.apps.AdminConfig",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
]
MIDDLEWARE = [
    "assessments.core.compression.CompressPages",
    "assessments.core.security_headers.add_policies",
    "assessments.core.security_headers.keep_private",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "assessments.core.converters.refuse_null",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "assessments.core.after_request.do_what_is_left",
    "allauth.account.middleware.AccountMiddleware",
    "assessments.accounts.sessions.keep_while_used",
    "assessments.accounts.devices.remember_device",
    "assessments.accounts.initial_passwords.demand_change",
    "assessments.accounts.enrolment.demand_factor",
    "django_htmx.middleware.HtmxMiddleware",
    "assessments.core.request_context.note_origin",
    "assessments.accounts.proofs.note_proof",
    "assessments.views.site.expired_forms.keep_forms",
    "assessments.views.site.too_often.RefuseTooOften",
    "assessments.views.site.errors.refuse_methods",
]
ROOT_URLCONF = "hkguide.urls"
WSGI_APPLICATION = "hkguide.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["assessments.core.templates.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "assessments.views.site.context.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CSRF_FAILURE_VIEW = "assessments.views.site.errors.csrf_failure"

# --- people -------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "assessments.User"
AUTHENTICATION_BACKENDS = ["assessments.accounts.sessions.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "assessments.accounts.passwords.EasilyGuessedValidator"},
    {"NAME": "assessments.accounts.passwords.KnownWordsValidator"},
]
PASSWORD_RESET_TIMEOUT = env_int("PASSWORD_RESET_SECONDS", 3600)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
ACCOUNT_ADAPTER = "assessments.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "assessments.forms.accounts.SignupForm",
    "login": "assessments.forms.accounts.LoginForm",
    "reset_password": "assessments.forms.accounts.ResetPasswordForm",
    "change_password": "assessments.forms.accounts.ChangePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# One address an account, always confirmed by a code that was mailed to it; nothing else confirms one.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 2  # the one that there is, and a new one that is not confirmed yet
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "start"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = env_int("REAUTHENTICATION_SECONDS", 900)
ACCOUNT_SESSION_REMEMBER = False
# Who signs in from a browser that is known has a limit of their own: accounts/adapter.py asks, and not the page.
ACCOUNT_RATE_LIMITS = {"login": None, "sign_in": "30/m/ip", "known_device": "5/300s/key", "second_factor": "5/300s/key"}
# --- the second factor
SECOND_FACTOR = env_flag("SECOND_FACTOR", default=True)  # whoever reviews or signs needs one
SECOND_FACTOR_EXEMPT = env_list("SECOND_FACTOR_EXEMPT")  # addresses; on the own machine alone, see hkguide.E003
MFA_ADAPTER = "assessments.accounts.factors.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a PIN or a finger: a passkey alone is two factors
MFA_TOTP_TOLERANCE = 1  # clocks of phones differ
MFA_FORMS = {
    "authenticate": "assessments.forms.factors.CodeForm",
    "reauthenticate": "assessments.forms.factors.CodeAgainForm",
    "authenticate_webauthn": "assessments.forms.factors.PasskeyForm",
    "reauthenticate_webauthn": "assessments.forms.factors.PasskeyAgainForm",
    "activate_totp": "assessments.forms.factors.AddAppForm",
    "add_webauthn": "assessments.forms.factors.AddPasskeyForm",
    "edit_webauthn": "assessments.forms.factors.RenamePasskeyForm",
}
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}  # no secret that could be guessed; a house shares an address
STAFF_SECONDS = env_int("STAFF_SECONDS", 1800)  # the administration asks staff for a proof that is no older
KNOWN_DEVICE_SECONDS = 180 * 24 * 3600
# allauth limits sign-in attempts in the cache, so the cache has to be one that all processes share.
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": env("REDIS_URL")}
        if env("REDIS_URL")
        else {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cache",
            "TIMEOUT": 14 * 24 * 3600,  # what is counted up is kept so long: no limit looks further back
            "OPTIONS": {"MAX_ENTRIES": 100_000},  # a limit takes one for each person and address
        }
    ),
    # What was drawn from rows that have not changed since; its keys say which state it shows, so each process has its own.
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 300},
    },
    "rows": {  # of sections, about 9 kB each
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "rows",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}

# How often, in so many seconds. A limit counts by person, address or organisation, or by the thing that it is done to.
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
LIMITS: dict[str, dict[str, tuple[int, int]]] = {
    # until an owner of the organisation has confirmed a mail address
    "invitation_unconfirmed": {"person": (20, DAY), "address": (60, DAY), "organisation": (20, DAY)},
    "invitation": {"person": (200, DAY), "organisation": (200, DAY)},
    "invitation_to_address": {"thing": (5, DAY)},
    "invitation_again": {"person": (60, DAY), "thing": (5, 14 * DAY)},
    "founding": {"person": (5, DAY), "address": (20, DAY)},
    "comment": {"person": (30, 5 * MINUTE), "organisation": (600, HOUR)},
    "upload": {"person": (100, HOUR), "organisation": (1000, HOUR)},
    "export": {"person": (60, HOUR)},
    "preview": {"person": (2400, HOUR)},  # a page of a PDF takes two
    "document": {"person": (30, HOUR), "organisation": (100, HOUR)},
    "mails_to_person": {"thing": (10, HOUR)},  # what comes after that goes out together, as one mail an hour
    "verification": {"address": (60, MINUTE)},
    "held_form": {"address": (20, HOUR)},
}
LIMITS |= limits(env_options("LIMITS"), LIMITS)

# --- security -----------------------------------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_ENGINE = "assessments.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = env_int("SESSION_SECONDS", 12 * 3600)  # without any page opened; each page begins it anew
SESSION_LONGEST = env_int("SESSION_LONGEST_SECONDS", 24 * 3600)  # from the sign-in, whatever is done
SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
# With this prefix a browser takes a cookie from this host alone, over https, for all of it: no neighbour can plant one.
HOST_ONLY = "__Host-" if SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{HOST_ONLY}sessionid", f"{HOST_ONLY}csrftoken"
KNOWN_DEVICE_COOKIE, PAGES_COOKIE = f"{HOST_ONLY}hkguide_device", f"{HOST_ONLY}hk-pages"
MESSAGE_STORAGE = "assessments.core.message_cookie.MessageStorage"
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
# Other hosts of the domain, and the lists that browsers come with, are bound only where an operator says so.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE and env_flag("HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = SECURE and env_flag("HSTS_PRELOAD")
if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
    raise ImproperlyConfigured("HKGUIDE_HSTS_PRELOAD needs HKGUIDE_HSTS_SUBDOMAINS. Set both or neither.")
BEHIND_PROXY = env_flag("BEHIND_PROXY")
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0  # its limits count by the client's address, not by the proxy's
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # of fields; files go to temporary ones
EVIDENCE_MAX_BYTES = env_int("EVIDENCE_MAX_MB", 25) * 1024 * 1024
EVIDENCE_QUOTA_BYTES = env_int("EVIDENCE_QUOTA_MB", 5000) * 1024 * 1024  # of each organisation; 0: no limit
DISK_RESERVE_BYTES = env_int("DISK_RESERVE_MB", 200) * 1024 * 1024  # no upload takes these; the database needs them
READERS = max(
    1, env_int("READERS", 2)
)  # so many files of people are read at once on this machine, each with 256 MB at most
CLAMD = env_address("CLAMD")  # a virus scanner; where it is set, nothing that it has not passed is kept
FILE_UPLOAD_HANDLERS = [
    "assessments.domain.evidence.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "assessments.domain.evidence.uploads.TemporaryUpload",
]

# --- languages and time -------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "assessments" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Hong_Kong"  # what is shown; the database keeps UTC
FORMAT_MODULE_PATH = "hkguide.formats"

# --- files ----------------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": env("STORAGE", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env_options("STORAGE_OPTIONS"),
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env_flag("COLLECTED_STATIC")
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not env_flag("COLLECTED_STATIC")
WHITENOISE_AUTOREFRESH = DEBUG

# --- jobs and mail --------------------------------------------------------------------------------------------------------
# With a broker Celery workers do the jobs, without one the process that sweeps beside the site. No request ever does.
JOBS_BY_CELERY = bool(env("REDIS_URL"))
CELERY_BROKER_URL = env("REDIS_URL") or "memory://localhost/"  # kombu warns of a URL without a host
CELERY_BROKER_TRANSPORT_OPTIONS = {"queue_order_strategy": "priority", "priority_steps": [0, 3, 6]}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 240
CELERY_BEAT_SCHEDULE = {"sweep": {"task": "assessments.tasks.sweep", "schedule": 60, "options": {"priority": 0}}}
DEFAULT_FROM_EMAIL = env("MAIL_FROM", "hkguide@localhost")
MAILERS = {
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": env("MAIL_HOST"),
            "port": env_int("MAIL_PORT", 587),
            "username": env("MAIL_USER"),
            "password": env("MAIL_PASSWORD"),
            "use_tls": env_flag("MAIL_TLS", default=True),
            "timeout": 20,
        },
    }
    if env("MAIL_HOST")
    # Without a server each mail is a file, so that an invitation can still be read by whoever runs the installation.
    else {"BACKEND": "django.core.mail.backends.filebased.EmailBackend", "OPTIONS": {"file_path": VAR / "mail"}}
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "class": "assessments.core.log_lines.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",  # with the offset: lines of several machines can be put in order
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "WARNING").upper()},
}
# That HSTS binds neither other hosts nor browsers' lists is the operator's choice (above), and not to be told each time.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
