from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter

from clinic import messages

if TYPE_CHECKING:
    from django.http import HttpRequest

    from clinic.models import User


def display(user: User) -> str:
    """What sign-in pages call a user: `str(user)` is an id, for logs."""
    return user.display_name or user.email


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Booking makes a client's account, a manager a colleague's; nobody signs up by hand."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Through the outbox, like all mail; codes and links are wiped from it once sent."""
        message = self.render_mail(template_prefix, email, context)
        messages.queue(
            kind="sign-in",
            key=f"sign-in:{uuid4()}",
            recipient=email,
            subject=message.subject,
            body=str(message.body),
            is_secret=True,
        )
