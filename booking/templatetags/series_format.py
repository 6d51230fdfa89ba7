from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

register = template.Library()


@register.filter
def times(cents: int, things: Sized) -> int:
    """The price of all of them."""
    return cents * len(things)


@register.filter
def of(names: Mapping[Any, str], key: Any) -> str:
    return names.get(key, "")
