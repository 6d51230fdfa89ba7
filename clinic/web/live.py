"""A part of a page that asks for itself every few seconds, and is sent only when it has changed.

In the template: `hx-get` with the page's own address, `hx-trigger="every 10s"`, and
`hx-include="#seen"`, around what `render` returns.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest
    from django.utils.safestring import SafeString

NOTHING_NEW = 204
# Another one each time.
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


def render(request: HttpRequest, template: str, context: Mapping[str, Any]) -> SafeString:
    """The part, with a mark of what it says."""
    part = render_to_string(template, dict(context), request)
    mark = sha256(_TOKEN.sub("", part).encode()).hexdigest()[:32]
    return format_html('{}<input type="hidden" id="seen" name="seen" value="{}">', part, mark)


def answer(request: HttpRequest, part: str) -> HttpResponse:
    """The part again, unless the browser shows just that."""
    seen = request.GET.get("seen", "")
    if seen and f'value="{seen}"' in part[-100:]:
        return HttpResponse(status=NOTHING_NEW)
    return HttpResponse(part)
