"""Who may access what. Only this module decides; everything else asks it.

A view is closed by a decorator (`desk`, `manager` ...), an object is reached through a function
that finds it or raises Http404, a service that another view could call checks its actor
(`require`), and a template asks `viewer`. No one else compares roles (docs/adr/0011).

docs/reference/routes.md has the table of every route.
A stranger's object is a 404, never a 403, so no one learns that it exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from clinic import selectors
from clinic.models import Client, CorrectionRequest, Role, User

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    View = Callable[..., HttpResponse]
    Actor = User | AnonymousUser | None

M = TypeVar("M", bound=Model)

public = login_not_required
ACTING = "acting_client"  # session key: the client this login currently acts for


def user_of(request: HttpRequest) -> User:
    """The signed-in user.

    Raises:
        PermissionDenied: no one is signed in (a view that forgot to be private).
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def roles(*allowed: Role) -> Callable[[View], View]:
    """Admit only these staff roles: a client gets 404, other staff 403."""

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


# Who treats or checks in clients. The biller does neither, only money and what it is based on.
CARE = (Role.FRONT_DESK, Role.THERAPIST, Role.MANAGER)
DESK = (Role.FRONT_DESK, Role.MANAGER)
MONEY = (Role.FRONT_DESK, Role.MANAGER, Role.BILLER)
BOOKS = (Role.MANAGER, Role.BILLER)
TREATMENT = (Role.THERAPIST, Role.MANAGER)
care_team = roles(*CARE)
staff = roles(*CARE, Role.BILLER)
desk = roles(*DESK)
money = roles(*MONEY)
books = roles(*BOOKS)
treatment = roles(*TREATMENT)
therapist = roles(Role.THERAPIST)
manager = roles(Role.MANAGER)

HOMES = {
    Role.CLIENT: "portal",
    Role.FRONT_DESK: "booking:day",
    Role.THERAPIST: "treatment:today",
    Role.BILLER: "billing:desk",
    Role.MANAGER: "booking:day",
}


# ---- What a user may do ----


def works_here(user: object) -> TypeGuard[User]:
    """Any of the staff. Django's `User.is_staff` says who may open the configuration pages."""
    return isinstance(user, User) and user.is_clinic_staff


def in_care_team(user: Actor) -> TypeGuard[User]:
    return _has_role(user, *CARE)


def works_at_desk(user: Actor) -> TypeGuard[User]:
    return _has_role(user, *DESK)


def handles_money(user: Actor) -> TypeGuard[User]:
    return _has_role(user, *MONEY)


def keeps_books(user: Actor) -> TypeGuard[User]:
    return _has_role(user, *BOOKS)


def records_treatment(user: Actor) -> TypeGuard[User]:
    return _has_role(user, *TREATMENT)


def is_therapist(user: Actor) -> TypeGuard[User]:
    return _has_role(user, Role.THERAPIST)


def is_manager(user: Actor) -> TypeGuard[User]:
    return _has_role(user, Role.MANAGER)


def _has_role(user: Actor, *allowed: Role) -> bool:
    return isinstance(user, User) and user.role in allowed


def require(actor: Actor, may: Callable[[Actor], bool]) -> None:
    """For services: the actor must be allowed to do this, whichever view leads here.

    Raises:
        PermissionDenied: they are not.
    """
    if not may(actor):
        raise PermissionDenied


@dataclass(frozen=True, slots=True)
class Viewer:
    """What templates may ask about the user they are shown to: `viewer.is_manager`."""

    works_here: bool
    in_care_team: bool
    works_at_desk: bool
    handles_money: bool
    keeps_books: bool
    records_treatment: bool
    is_therapist: bool
    is_manager: bool


def viewer(user: Actor) -> Viewer:
    return Viewer(
        works_here=works_here(user),
        in_care_team=in_care_team(user),
        works_at_desk=works_at_desk(user),
        handles_money=handles_money(user),
        keeps_books=keeps_books(user),
        records_treatment=records_treatment(user),
        is_therapist=is_therapist(user),
        is_manager=is_manager(user),
    )


def home_of(user: User) -> str:
    """The name of the page where this user's work begins."""
    return HOMES[Role(user.role)]


def staff_logins() -> QuerySet[User]:
    """Everyone who works here, closed logins too."""
    return User.objects.exclude(role=Role.CLIENT)


def active_desk() -> QuerySet[User]:
    return User.objects.filter(role__in=DESK, is_active=True)


def active_managers() -> QuerySet[User]:
    return User.objects.filter(role=Role.MANAGER, is_active=True)


def therapist_logins() -> QuerySet[User]:
    return User.objects.filter(role=Role.THERAPIST)


def give_role(user: User, role: Role) -> None:
    """A role, and with it access to the configuration pages, which is for managers."""
    user.role = role
    user.is_staff = user.is_superuser = is_manager(user)


# ---- Whose record ----


def _nobody(_user: User) -> QuerySet[Client]:
    return Client.objects.none()


# Whom a therapist treats is in the diary, which is a floor above: booking hands this
# module the query at startup (`BookingConfig.ready`). Until then the answer is no one.
_treated_by: Callable[[User], QuerySet[Client]] = _nobody


def register_treated_clients(treated_by: Callable[[User], QuerySet[Client]]) -> None:
    """Register the query for whom a therapist treats."""
    global _treated_by
    _treated_by = treated_by


def clients_seen_by(user: Actor) -> QuerySet[Client]:
    """The clients whose record a login may open.

    Desk, managers, billers: all. Therapists: those they treat, and their own. Clients: their own.
    """
    if not isinstance(user, User):
        return Client.objects.none()
    if sees_all_clients(user):
        return Client.objects.all()
    own = clients_for(user).order_by()
    if is_therapist(user):
        return Client.objects.filter(
            Q(pk__in=_treated_by(user).values("pk")) | Q(pk__in=own.values("pk"))
        )
    return own


def may_open(user: Actor, client: Client) -> bool:
    return clients_seen_by(user).filter(pk=client.pk).exists()


def sees_all_clients(user: Actor) -> bool:
    return handles_money(user)


def corrections_about(user: User) -> list[str]:
    """Which topics of correction this user may read and answer; `own` says whose.

    One about answers to health questions is not for the front desk, who may not read those: for
    therapists, who may, and for managers, if no one treats the client. Therapists get no others.
    """
    health = CorrectionRequest.About.HEALTH
    by_role = {
        Role.FRONT_DESK: [one for one in CorrectionRequest.About if one != health],
        Role.THERAPIST: [health],
        Role.MANAGER: list(CorrectionRequest.About),
    }
    return [str(one) for one in by_role.get(Role(user.role), [])]


def answers_correction(user: Actor, correction: CorrectionRequest) -> bool:
    return works_here(user) and correction.about in corrections_about(user)


def require_no_biller(request: HttpRequest) -> None:
    """Keep billers from a page that clients share with the rest of the staff.

    Raises:
        PermissionDenied.
    """
    user = user_of(request)
    if works_here(user) and not in_care_team(user):
        raise PermissionDenied


def clients_for(user: Actor) -> QuerySet[Client]:
    """The clients a login may act for: itself and those it is guardian of."""
    if not isinstance(user, User):
        return Client.objects.none()
    confirmed = user.guardianships.filter(confirmed_at__isnull=False)
    mine = Q(user=user) | Q(pk__in=confirmed.values("client"))
    return Client.objects.filter(mine).order_by("created_at")


def may_act_for(user: Actor, client: Client) -> bool:
    return clients_for(user).filter(pk=client.pk).exists()


def treats(user: Actor, client: Client | None) -> TypeGuard[User]:
    """Records treatment, and this is not their own record or one they act for."""
    return records_treatment(user) and not (client and may_act_for(user, client))


def acting_client(request: HttpRequest) -> Client:
    """The client this login currently acts for; the first one until another is chosen.

    A form says whom it was opened for (`components/acting_for.html`), and that wins: another
    tab, or a new sign-in, may have chosen someone else since.

    Raises:
        Http404: the login has no client, or not the one that the form names.
        BadRequest: a form that could be for several clients names none.
    """
    mine = list(clients_for(request.user))
    chosen = request.session.get(ACTING)
    if request.method == "POST" and len(mine) > 1:
        if not (named := request.POST.get("acting_for")):
            raise BadRequest
        chosen = str(selectors.kept_record_id(named))
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

    An id from before two records were merged leads to the one that was kept.
    """
    seen_by = clients_seen_by(user)
    try:
        return _get(seen_by, pk)
    except Http404:
        return _get(seen_by, selectors.kept_record_id(pk))


def visible(
    request: HttpRequest, queryset: QuerySet[M], pk: UUID | str, client_field: str = "client"
) -> M:
    """An object belonging to a client whose record this user may open. Raises Http404."""
    return _get(seen(user_of(request), queryset, client_field), pk)


def seen(user: User, queryset: QuerySet[M], client_field: str = "client") -> QuerySet[M]:
    """Those of these objects whose client's record this user may open."""
    if sees_all_clients(user):
        return queryset
    return queryset.filter(**{f"{client_field}__in": clients_seen_by(user).values("pk")})


def own(
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
