"""Everything about one client in one ZIP. Each app adds its part; none is imported from here.

    export.register("visits", visits)      in an AppConfig.ready
    export.archive(client)                 -> bytes

A part is plain data and documents. Other people stay out of it: staff appear by the name
colleagues see, other logins by a masked address.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from clinic import access
from clinic.documents import store as documents
from clinic.format import masked_email

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import Model

    from clinic.models import Client, Document, User

    MakePart = Callable[[Client], "Part"]

DATA_SHARE = 40  # percent of the work; the rest is opening documents


@dataclass(frozen=True, slots=True)
class Part:
    """What one app keeps about a client."""

    data: Any
    documents: Sequence[Document] = ()


_parts: dict[str, MakePart] = {}


def register(name: str, function: MakePart) -> None:
    """Add this part to every archive, as data/<name>.json."""
    _parts[name] = function


def archive(client: Client, tell: Callable[[int], None] = lambda _percent: None) -> bytes:
    """The whole archive; `tell` is called with the percentage."""
    out = io.BytesIO()
    files: list[Document] = []
    lost: list[str] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for place, (name, function) in enumerate(sorted(_parts.items()), start=1):
            part = function(client)
            packed.writestr(f"data/{name}.json", _json(part.data))
            # Even if an app passes one by mistake, another client's document goes into no archive.
            files += [one for one in part.documents if one.client_id == client.pk]
            tell(place * DATA_SHARE // len(_parts))
        for place, document in enumerate(files, start=1):
            name = f"{place:03d}-{document.name}"
            try:
                packed.writestr(f"files/{name}", documents.read(document))
            except documents.DocumentLost:
                lost.append(name)
            tell(DATA_SHARE + place * (99 - DATA_SHARE) // len(files))
        packed.writestr("READ-ME.txt", _read_me(lost))
    return out.getvalue()


def _json(data: Any) -> str:
    return json.dumps(data, cls=_Plain, ensure_ascii=False, indent=2)


class _Plain(DjangoJSONEncoder):
    """Phone numbers, translated words and the like as text."""

    def default(self, o: Any) -> Any:
        try:
            return super().default(o)
        except TypeError:
            return str(o)


def _read_me(lost: list[str]) -> str:
    words = [
        _("This is everything the clinic keeps about you."),
        _("data/ holds the data from our tables as JSON, one file for each kind."),
        _("files/ holds the documents."),
    ]
    if lost:
        words.append(_("These documents could not be opened; please tell us:"))
        words += lost
    return "\n".join(words) + "\n"


# ---- For those parts ----


def facts(obj: Model, *names: str) -> dict[str, Any]:
    """These fields of an object; choices by their labels."""
    found = {}
    for name in names:
        words = getattr(obj, f"get_{name}_display", None)
        found[name] = str(words()) if words else getattr(obj, name)
    return found


def who(user: User | None, client: Client) -> str | None:
    """A person as the client may see them."""
    if user is None:
        return None
    if access.works_here(user):
        return f"{user.display_name or _('Staff')}, {user.get_role_display()}"
    return address(user.email, client)


def address(email: str, client: Client) -> str:
    """The client's own address; of anyone else's, only the first letter and the domain."""
    own = {client.email.lower()} | ({client.user.email.lower()} if client.user else set())
    if not email or email.lower() in own:
        return email
    return masked_email(email)
