"""What only printed pages need."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import qrcode
from django import template
from django.utils.html import format_html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.utils.safestring import SafeString

register = template.Library()

# Any of the eight masks can be read. To try all for the prettiest takes longer than all the rest.
MASK = 3


@register.simple_tag
def qr_code(address: str, title: str) -> SafeString:
    """An address to point a telephone at: a drawing without style, with its words."""
    level = qrcode.constants.ERROR_CORRECT_M
    code = qrcode.QRCode(error_correction=level, border=0, mask_pattern=MASK)
    code.add_data(address)
    rows = code.get_matrix()
    return format_html(
        '<svg class="qr" viewBox="0 0 {size} {size}" role="img" shape-rendering="crispEdges">'
        '<title>{title}</title><path fill="none" stroke="#000" d="{lines}"/></svg>',
        size=len(rows),
        title=title,
        lines="".join(_lines(rows)),
    )


def _lines(rows: list[list[bool]]) -> Iterator[str]:
    """Each run of dark squares as one thick line."""
    for down, row in enumerate(rows):
        across = 0
        for is_dark, run in groupby(row):
            length = len(list(run))
            if is_dark:
                yield f"M{across} {down}.5h{length}"
            across += length
