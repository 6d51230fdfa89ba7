"""What all log lines and audit rows of a request share."""

from __future__ import annotations

import ipaddress
import logging
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestContext:
    request_id: str = ""
    ip: str | None = None

    @property
    def network(self) -> str | None:
        """The network that tries are counted by: for IPv6 the /64, which is one household."""
        if self.ip is None or ":" not in self.ip:
            return self.ip
        return str(ipaddress.ip_network(f"{self.ip}/64", strict=False).network_address)


current: ContextVar[RequestContext] = ContextVar("request", default=RequestContext())  # noqa: B039


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current.get().request_id or "-"
        return True
