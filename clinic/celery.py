from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from celery import Celery, signals
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from celery.app.utils import Settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

WORKER_TIMEOUT = 5  # seconds

logger = logging.getLogger(__name__)

app = Celery("clinic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.celeryd_init.connect
def wait_for_redis(conf: Settings, **_: object) -> None:
    """A worker may wait for Redis; a request must not."""
    patient = {"socket_timeout": WORKER_TIMEOUT, "max_retries": None, "interval_max": 1}
    conf.broker_transport_options = {**conf.broker_transport_options, **patient}


def enqueue(name: str, *args: object) -> None:
    """Run the named task once the surrounding transaction commits.

    The row that needs work is the duty; this only wakes the worker. With Redis down this is
    lost and the beat sweep finds the row.
    """

    def send() -> None:
        try:
            # By signature: eager mode in tests skips tasks sent by name only.
            app.signature(name, args=args).apply_async(retry=False)
        except (OperationalError, RedisError, OSError) as error:
            logger.warning("could not queue %s: %s", name, type(error).__name__)

    transaction.on_commit(send, robust=True)
