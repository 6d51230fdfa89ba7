"""Who may reach what. The only module that decides it; everything else asks.

docs/security.md has the table of every route.
A stranger's object is a 404, never a 403: nobody learns that it exists.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from clinic import people
from clinic.models import Client, CorrectionRequest, Role, User

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    View = Callable[..., HttpResponse]

M = TypeVar("M", bound=Model)

public = login_not_required
ACTING = "acting_client"  # session key: the client this login acts for at the moment


def user_of(request: HttpRequest) -> User:
    """The signed-in user.

    Raises:
        PermissionDenied: nobody is signed in (a view that forgot to be private).
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def roles(*allowed: Role) -> Callable[[View], View]:
    """Let only these staff roles in: a client gets 404, other staff 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user = user_of(request)
            if not user.is_clinic_staff:
                raise Http404
            if user.role not in allowed:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


# Who treats or receives clients. The biller does neither: money, and what money rests on.
CARE = (Role.FRONT_DESK, Role.THERAPIST, Role.MANAGER)
DESK = (Role.FRONT_DESK, Role.MANAGER)
MONEY = (Role.FRONT_DESK, Role.MANAGER, Role.BILLER)
staff = roles(*CARE)
anyone_here = roles(*CARE, Role.BILLER)
desk = roles(*DESK)
money = roles(*MONEY)
manager = roles(Role.MANAGER)


def _nobody(_user: User) -> QuerySet[Client]:
    return Client.objects.none()


# Whom a therapist treats is written in the diary, which is a floor above: booking hands this
# module the question at start (`BookingConfig.ready`). Until then the answer is nobody.
_treated_by: Callable[[User], QuerySet[Client]] = _nobody


def ask_the_diary(treated_by: Callable[[User], QuerySet[Client]]) -> None:
    """Where to learn whom a therapist treats."""
    global _treated_by
    _treated_by = treated_by


def clients_seen_by(user: User | AnonymousUser) -> QuerySet[Client]:
    """The clients whose record a login may open.

    Desk, managers, billers: all. Therapists: whom they treat, and their own. Clients: their own.
    """
    if not isinstance(user, User):
        return Client.objects.none()
    if user.role in MONEY:
        return Client.objects.all()
    own = clients_for(user).order_by()
    if user.role == Role.THERAPIST:
        return Client.objects.filter(
            Q(pk__in=_treated_by(user).values("pk")) | Q(pk__in=own.values("pk"))
        )
    return own


def sees_all_clients(user: User | AnonymousUser) -> bool:
    return isinstance(user, User) and user.role in MONEY


def corrections_about(user: User) -> list[str]:
    """What a correction may be about for this user to read and answer it; whose, `own` says.

    One about answers to health questions is not for the front desk, who may not read those: for
    therapists, who may, and for managers, should nobody treat the client. Therapists have no other.
    """
    health = CorrectionRequest.About.HEALTH
    by_role = {
        Role.FRONT_DESK: [one for one in CorrectionRequest.About if one != health],
        Role.THERAPIST: [health],
        Role.MANAGER: list(CorrectionRequest.About),
    }
    return [str(one) for one in by_role.get(Role(user.role), [])]


def not_for(request: HttpRequest, role: Role) -> None:
    """Keep one role from a page that clients share with the rest of the staff.

    Raises:
        PermissionDenied: it is that role that asks.
    """
    if user_of(request).role == role:
        raise PermissionDenied


def clients_for(user: User | AnonymousUser) -> QuerySet[Client]:
    """The clients a login may act for: itself and those it is guardian of."""
    if not isinstance(user, User):
        return Client.objects.none()
    confirmed = user.guardianships.filter(confirmed_at__isnull=False)
    mine = Q(user=user) | Q(pk__in=confirmed.values("client"))
    return Client.objects.filter(mine).order_by("created_at")


def may_act_for(user: User | AnonymousUser, client: Client) -> bool:
    return clients_for(user).filter(pk=client.pk).exists()


def acting_client(request: HttpRequest) -> Client:
    """The client this login acts for now; the first of them until another is chosen.

    A form says whom it was opened for (`components/acting_for.html`), and that counts: another
    tab, or signing in again, may have chosen somebody else since.

    Raises:
        Http404: the login has no client, or not the one that the form names.
        BadRequest: a form that could be for several names nobody.
    """
    mine = list(clients_for(request.user))
    chosen = request.session.get(ACTING)
    if request.method == "POST" and len(mine) > 1:
        if not (named := request.POST.get("acting_for")):
            raise BadRequest
        chosen = str(people.standing_for(named))
        if all(str(client.pk) != chosen for client in mine):
            raise Http404
        request.session[ACTING] = chosen
    for client in mine:
        if str(client.pk) == chosen:
            return client
    if not mine:
        raise Http404
    return mine[0]


def client(user: User, pk: UUID | str) -> Client:
    """A client whose record this user may open (`clients_seen_by`). Raises Http404.

    An id from before two records were joined leads to the one that is kept.
    """
    seen_by = clients_seen_by(user)
    try:
        return _get(seen_by, pk)
    except Http404:
        return _get(seen_by, people.standing_for(pk))


def own(
    request: HttpRequest, queryset: QuerySet[M], pk: UUID | str, client_field: str = "client"
) -> M:
    """An object that hangs on a client whose record this user may open. Raises Http404."""
    return _get(seen(user_of(request), queryset, client_field), pk)


def seen(user: User, queryset: QuerySet[M], client_field: str = "client") -> QuerySet[M]:
    """Of these objects those that hang on a client whose record this user may open."""
    if sees_all_clients(user):
        return queryset
    return queryset.filter(**{f"{client_field}__in": clients_seen_by(user).values("pk")})


def mine(
    request: HttpRequest, queryset: QuerySet[M], pk: UUID | str, client_field: str = "client"
) -> M:
    """An object of a client this login acts for, staff or not. Raises Http404."""
    whose = clients_for(user_of(request))
    return _get(queryset.filter(**{f"{client_field}__in": whose}), pk)


def _get(queryset: QuerySet[M], pk: UUID | str) -> M:
    try:
        found = queryset.filter(pk=pk).first()
    except (ValidationError, ValueError):  # not a UUID at all
        found = None
    if found is None:
        raise Http404
    return found
