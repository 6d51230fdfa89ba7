"""The parts that pages are built of and that wrap other markup; the rest is templates/components.

Built in: no page has to load them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.template.loader import render_to_string

from clinic.prices import coupons

if TYPE_CHECKING:
    from uuid import UUID

register = template.Library()


@register.simple_block_tag
def panel(
    content: str, *, title: str = "", anchor: str = "", extra: str = "", tag: str = "section"
) -> str:
    """A card of a page: `{% panel title=text anchor="due" %} ... {% endpanel %}`.

    `anchor` is the id of its heading, which also names it for a screen reader; a panel whose
    heading stands in its content gives only the anchor. `extra` are more classes.
    """
    parts = {"content": content, "title": title, "anchor": anchor, "extra": extra, "tag": tag}
    return render_to_string("components/panel.html", parts)


@register.simple_block_tag
def back(content: str, url: str) -> str:
    """The way back to the page above: `{% back url %}All receipts{% endback %}`."""
    return render_to_string("components/back.html", {"content": content, "url": url})


@register.inclusion_tag("clinic/prices/_agreed.html")
def agreed_price(appointment_id: UUID, cents: int) -> dict[str, Any]:
    """What a visit costs: `{% agreed_price appointment.pk appointment.price_cents %}`.

    With a coupon: the list price, what is taken off, and what is left. One query, none if free.
    """
    return {"cents": cents, "discount": coupons.of_one(appointment_id) if cents else None}
