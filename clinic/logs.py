"""What no log line may hold: whoever reads an address that opens without signing in may use it."""

from __future__ import annotations

import logging
import re

HIDDEN = "[hidden]"
SLASH = r"(?:/|%2F)+"
# The addresses whose last word is a key. /book/visit/done/ and /rx/done/ have none;
# /desk/calendar/ and /portal/visits/calendar/ are pages of people who are signed in.
ADDRESSES = (
    rf"{SLASH}book{SLASH}visit{SLASH}(?!done(?:/|\b))",
    rf"{SLASH}book{SLASH}offer{SLASH}",
    rf"(?<!/desk)(?<!/visits){SLASH}calendar{SLASH}",
    rf"{SLASH}rx{SLASH}(?!done(?:/|\s|$))",
    rf"{SLASH}accounts{SLASH}invitation{SLASH}",
    rf"{SLASH}password{SLASH}reset{SLASH}key{SLASH}",
)
KEY = re.compile(rf"({'|'.join(ADDRESSES)})(?!\[hidden\])[^\s/?#&%\"'<>]+", re.IGNORECASE)
FORMATTER = logging.Formatter()


def hide_keys(text: str) -> str:
    return KEY.sub(rf"\1{HIDDEN}", text)


class HideKeys(logging.Filter):
    """Takes them out of the message, whatever it was put together from, and out of tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):  # the handler says what is wrong with the call
            return True
        clean = hide_keys(text)
        if clean != text:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = FORMATTER.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = hide_keys(record.exc_text)
        return True
