"""What tests of the second step need: codes as an app would show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth

if TYPE_CHECKING:
    from clinic.models import User

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def with_app(user: User) -> list[str]:
    """The login has an app; its recovery codes are given back."""
    auth.TOTP.activate(user, SECRET)
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


def code(secret: str = SECRET) -> str:
    """The six digits of this half minute."""
    counter = next(auth.yield_hotp_counters_from_time())
    return str(auth.format_hotp_value(auth.hotp_value(secret, counter)))
