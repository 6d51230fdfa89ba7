"""The product's settings plus the yardstick pages. Nothing is made faster here."""

import os

from clinic.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
MIDDLEWARE = ["bench.middleware.BenchMiddleware", *MIDDLEWARE]  # noqa: F405

# Databases of one run follow each other on one Redis: none may see another's entries.
RUN = os.environ.get("BENCH_RUN", "bench")
CACHES["default"]["KEY_PREFIX"] = RUN  # noqa: F405
CELERY_TASK_DEFAULT_QUEUE = RUN  # no worker takes the tasks; the run deletes them

# Hashed names as in the product; compressing the files would only make the run longer.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
