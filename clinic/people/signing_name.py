"""Whether a typed signature is the signer's own name: folded, initials tolerated.

No proof of who signs (that is the login, the time and the address). But a name that belongs to
nobody, or to the child who is signed for, is asked about before it stands under a consent.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError

if TYPE_CHECKING:
    from clinic.models import Client, User

_JOINS = re.compile("['`\u2018\u2019\u02bc]")  # O'Brien is OBrien
_APART = re.compile(r"[\W_]+")
# Letters that no decomposition opens.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "\u0131": "i"}
)


class NotYourName(DomainError):
    """What is typed is not the name of the one who signs."""

    field = "name"


def matches(typed: str, first: str, last: str) -> bool:
    """Whether it is this name: one part in full, the other at least as an initial.

    In any order, with or without middle names: "Lima, Ana M." is Ana Maria Lima.
    """
    said, firsts, lasts = _words(typed), _words(first), _words(last)
    whole = "".join(said)
    if not whole:
        return False
    if whole in {"".join(firsts + lasts), "".join(lasts + firsts)}:
        return True  # also without spaces, as some scripts are written
    if not firsts or not lasts:
        return any(word in said for word in firsts + lasts if len(word) > 1)
    return any(
        _stands_for(one, firsts) and _stands_for(other, lasts) and max(len(one), len(other)) > 1
        for place, one in enumerate(said)
        for other in (*said[:place], *said[place + 1 :])
    )


def _stands_for(word: str, names: list[str]) -> bool:
    """The name itself, or its initial."""
    return word in names or (len(word) == 1 and any(name[0] == word for name in names))


def _words(name: str) -> list[str]:
    opened = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    kept = "".join(sign for sign in opened if not unicodedata.combining(sign))
    return [word for word in _APART.split(_JOINS.sub("", kept.translate(_PLAIN))) if word]


def expect_own(*, name: str, client: Client, signer: User | None, in_person: bool) -> None:
    """Refuse a signature that is not the signer's name.

    `in_person`: the client signs; otherwise somebody for them, whose name we may not know. On a
    tablet or on paper no login signs (`signer` is None).

    Raises:
        NotYourName: with what to type instead.
    """
    if in_person:
        if not _is(name, client):
            message = _("Type your name as it is on your record: %(name)s")
            raise NotYourName(message % {"name": client.name})
        return
    known = _names_of(signer)
    if any(matches(name, first, last) for first, last in known):
        return  # a father may have the name of his son
    if known:
        message = _("Type your own name as it is on your record: %(name)s")
        raise NotYourName(message % {"name": " ".join(known[0]).strip()})
    if _is(name, client):
        message = _("Type your own name. You sign for %(name)s.")
        raise NotYourName(message % {"name": client.first_name or client.name})


def _is(name: str, client: Client) -> bool:
    legal = client.legal_name.rpartition(" ")
    return matches(name, client.first_name, client.last_name) or matches(name, legal[0], legal[2])


def _names_of(signer: User | None) -> list[tuple[str, str]]:
    """What we call a login's owner: their own record, else the name they gave."""
    if signer is None:
        return []
    own = [(one.first_name, one.last_name) for one in signer.own_clients.filter(merged_into=None)]
    given = signer.display_name.rpartition(" ")
    return [*own, (given[0], given[2])] if signer.display_name else own
