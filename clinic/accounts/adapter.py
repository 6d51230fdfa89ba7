from __future__ import annotations

import base64
import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages as flash
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import selectors
from clinic.accounts import devices
from clinic.accounts.addresses import services as addresses
from clinic.accounts.allauth_private import clear_login
from clinic.accounts.reauthentication import services as reauthentication
from clinic.accounts.second_step import services as second_step
from clinic.messaging import links, outbox
from clinic.models import User
from clinic.vault.crypto import CannotDecrypt, keyring
from clinic.web.context import current

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest, HttpResponse

STAGE = "allauth.mfa.stages.AuthenticateStage"
NOWHERE = "::"  # a caller over a Unix socket has no address
SECRET = b"second-step"


def display(user: User) -> str:
    """What sign-in pages call a user: `str(user)` is an id, for logs."""
    return user.display_name or user.email


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    first_time = False
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": gettext_lazy(
            "Too many tries. Please wait 15 minutes and try again."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Booking creates a client's account, a manager a colleague's; no one signs up by hand."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Through the outbox, like all mail; codes and links are erased from it once sent."""
        message = self.render_mail(template_prefix, email, context)
        outbox.queue(
            kind="sign-in",
            key=f"sign-in:{uuid4()}",
            recipient=email,
            subject=message.subject,
            body=str(message.body),
            is_secret=True,
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """As `clinic.middleware` found it: behind our proxy everyone would share one address."""
        return current.get().ip or NOWHERE

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count tries by account and address: by account alone, anyone could lock it."""
        account = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{account}:{current.get().network}"

    def get_login_stages(self) -> list[str]:
        ours = {STAGE: "clinic.accounts.second_step.services.SecondStep"}
        return [ours.get(stage, stage) for stage in super().get_login_stages()]

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Under `PUBLIC_URL`: a request could name another port of the host and redirect there."""
        return links.absolute(urlsplit(super().get_reset_password_from_key_url(key)).path)

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """One rule for allauth's pages and ours."""
        return not reauthentication.is_recent(self.request)

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """Also a code by e-mail, for those who need nothing more to sign in."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not isinstance(user, User) or user.has_usable_password() or second_step.is_asked(user):
            return methods
        page = reauthentication.BY_CODE
        by_code = {"id": page, "description": _("Use a code by e-mail"), "url": reverse(page)}
        return [*methods, by_code]

    def pre_login(
        self, request: HttpRequest, user: User, *, email: str | None, **kwargs: Any
    ) -> HttpResponse | None:
        """A code sent to an address that is no longer theirs does not work."""
        if email and addresses.tidy(email) != user.email:
            clear_login(request)
            flash.error(request, _("That code no longer works. Please ask for a new one."))
            return redirect("account_login")
        answer: HttpResponse | None = super().pre_login(request, user, email=email, **kwargs)
        return answer

    def login(self, request: HttpRequest, user: User) -> None:
        self.first_time = user.last_login is None
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Tell the person if this browser is new to their account."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        devices.remember_device(request, response, user=user, first_time=self.first_time)
        return response


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are encrypted like everything private; names and addresses are the clinic's own."""

    def encrypt(self, text: str) -> str:
        """Encrypted, prefixed with the key's name so that `rotation.py` finds what is old."""
        keys = keyring()
        encrypted = base64.b64encode(keys.encrypt(text.encode(), SECRET)).decode()
        return f"{keys.current}:{encrypted}"

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` made.

        Raises:
            CannotDecrypt: no key opens it, or it was changed.
        """
        encoded = encrypted_text.rpartition(":")[2]
        try:
            return keyring().decrypt(base64.b64decode(encoded), SECRET).decode()
        except ValueError as error:
            raise CannotDecrypt from error

    def get_totp_issuer(self) -> str:
        location = selectors.location_or_none()
        return location.name if location else _("The clinic")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Passkeys belong to the address people type, whatever host a request names."""
        return {"id": passkey_domain(), "name": self.get_totp_issuer()}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002
        return devices.describe(devices.agent(self.request))


def passkey_domain() -> str:
    """The domain of PUBLIC_URL. No browser makes passkeys for a bare address: there, localhost."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return "localhost"
