"""What we use of django-allauth beyond its public interface, in one place, and why.

A new version may change these without notice, so pyproject.toml bounds the version and
tests/clinic/accounts/test_allauth.py checks each of them.
"""

from __future__ import annotations

# A reauthentication of ours (a code by e-mail) must count for allauth's pages, and continue the
# request that was stopped as its own reauthentications do.
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY, resume_request

# A sign-in that is refused in `pre_login` must not stay half done in the session.
from allauth.account.internal.stagekit import clear_login

# The public `consume` does not count GET, and opening the page for a code sends an e-mail.
from allauth.core.internal.ratelimit import consume

# A tablet that was lent is taken back with a code of the app, too (clinic/accounts/lending.py).
from allauth.mfa.totp.internal.auth import TOTP

__all__ = [
    "STATE_SESSION_KEY",
    "TOTP",
    "clear_login",
    "consume",
    "record_authentication",
    "resume_request",
]
