from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clinic.errors import DomainError
from clinic.format import us_date

if TYPE_CHECKING:
    from datetime import date


class OlderRelease(DomainError):
    field = "in_force_on"

    def __init__(self, newest: date) -> None:
        said = _("The codes in force since %(day)s are loaded. Choose a file of that day or later.")
        super().__init__(said % {"day": us_date(newest)})


class NotTheWholeFile(DomainError):
    def __init__(self, gone: int) -> None:
        said = ngettext(
            "%(gone)d code in use is not in this file, so it is not a whole release. Download it"
            " from CMS again, and choose the text file with “order” in its name.",
            "%(gone)d codes in use are not in this file, so it is not a whole release. Download it"
            " from CMS again, and choose the text file with “order” in its name.",
            gone,
        )
        super().__init__(said % {"gone": gone})
