"""The real settings with a quick hasher, mail in memory and a data folder of its own.

The database and Redis are real; `make test` starts throw-away ones.
"""

import base64
import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "tests-only-" + "x" * 50)
os.environ.setdefault("DOCUMENT_KEYS", "test:" + base64.b64encode(b"k" * 32).decode())
# Each process of a parallel run counts its throttles in a Redis database of its own.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    number = int(worker.removeprefix("gw")) + 1
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].replace("db=0", f"db={number}")

from clinic.settings import *  # noqa: F403

MIDDLEWARE = ["tests.pages.PagesMiddleware", *MIDDLEWARE]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Most tests are about something else; those about the second step turn it on.
STAFF_TWO_STEP = False
# A test's clinic is gone with it.
LOCATION_KEPT = 0
DATA_DIR = Path(tempfile.mkdtemp(prefix="clinic-tests-"))
DOCUMENT_ROOT = DATA_DIR / "documents"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Tasks run inside the test that rings for them, after commit.
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
