"""A cache whose outage slows us down but never fails a request."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)


def _forgiving(name: str, otherwise: Any) -> Callable[..., Any]:
    def call(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(ForgivingRedisCache, self), name)(*args, **kwargs)
        except RedisError as error:
            logger.warning("cache %s failed: %s", name, type(error).__name__)
            return otherwise(*args, **kwargs) if callable(otherwise) else otherwise

    return call


class ForgivingRedisCache(RedisCache):
    get = _forgiving("get", lambda key, default=None, *_a, **_k: default)
    get_many = _forgiving("get_many", lambda *_a, **_k: {})
    set = _forgiving("set", None)
    set_many = _forgiving("set_many", lambda *_a, **_k: [])
    add = _forgiving("add", True)  # noqa: FBT003
    delete = _forgiving("delete", False)  # noqa: FBT003
    touch = _forgiving("touch", False)  # noqa: FBT003

    def count(self, key: str, seconds: int) -> int:
        """Count one more under this key; returns the count in that many seconds. One round trip."""
        name = self.make_and_validate_key(key)
        try:
            client = self._cache.get_client(name, write=True)  # type: ignore[attr-defined]
            pipe = client.pipeline(transaction=False)
            counted, _kept = pipe.incr(name).expire(name, seconds).execute()
        except RedisError as error:
            logger.warning("cache count failed: %s", type(error).__name__)
            return 0
        return int(counted)


def count(key: str, seconds: int) -> int:
    """Count one more; 0 when the cache is down."""
    backend = caches["default"]
    return backend.count(key, seconds) if isinstance(backend, ForgivingRedisCache) else 0
