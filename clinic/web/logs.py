"""Keeps secrets out of log lines: anyone who reads a URL that needs no sign-in could use it."""

from __future__ import annotations

import logging
import re

HIDDEN = "[hidden]"
SLASH = r"(?:/|%2F)+"
# URLs whose last part is a key. /book/visit/done/, /rx/done/ and /letter/done/ have none;
# /desk/calendar/ and /portal/visits/calendar/ are pages for signed-in users.
ADDRESSES = (
    rf"{SLASH}book{SLASH}visit{SLASH}(?!done(?:/|\b))",
    rf"{SLASH}book{SLASH}offer{SLASH}",
    rf"(?<!/desk)(?<!/visits){SLASH}calendar{SLASH}",
    rf"{SLASH}rx{SLASH}(?!done(?:/|\s|$))",
    rf"{SLASH}after{SLASH}",
    rf"{SLASH}letter{SLASH}(?!done(?:/|\s|$))",
    rf"{SLASH}accounts{SLASH}invitation{SLASH}",
    rf"{SLASH}accounts{SLASH}contact{SLASH}",
    rf"{SLASH}password{SLASH}reset{SLASH}key{SLASH}",
)
KEY = re.compile(rf"({'|'.join(ADDRESSES)})(?!\[hidden\])[^\s/?#&%\"'<>]+", re.IGNORECASE)
FORMATTER = logging.Formatter()


def hide_keys(text: str) -> str:
    return KEY.sub(rf"\1{HIDDEN}", text)


class HideKeys(logging.Filter):
    """Removes them from the message, however it was built, and from tracebacks."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):  # the handler reports what is wrong with the call
            return True
        clean = hide_keys(text)
        if clean != text:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = FORMATTER.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = hide_keys(record.exc_text)
        return True
