from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.account.views import password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import activate_totp
from allauth.mfa.webauthn.views import add_webauthn
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path, re_path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from clinic import (
    address_pages,
    audit_pages,
    desk,
    errors_views,
    guardian_pages,
    health,
    idle,
    reauthentication_pages,
    rights_desk,
    rights_pages,
    second_step_pages,
    sessions,
    staff_pages,
    views,
)
from clinic.merging import pages as merge_pages
from clinic.reauthentication import BY_CODE, confirmed

admin.autodiscover()
admin.site.site_header = admin.site.site_title = _("Clinic settings")
# Sign-in addresses change by proof only, and what a role may do is code (clinic/access.py).
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "clinic.errors_views.bad_request"
handler403 = "clinic.errors_views.permission_denied"
handler404 = "clinic.errors_views.page_not_found"
handler429 = "clinic.errors_views.too_many_requests"
handler500 = "clinic.errors_views.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("prices/", views.prices, name="prices"),
    path("medical-massage/", views.medical_massage, name="medical-massage"),
    path("insurance/", views.insurance, name="insurance"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    # Whoever holds an address reaches its clients, so no address changes without proof: ours asks
    # for it. allauth's own page (which does not) lies behind this one, and its links are closed.
    path("accounts/email/", address_pages.address, name="address"),
    path("accounts/email/code/", address_pages.code, name="address-code"),
    path("accounts/email/cancel/", address_pages.cancel, name="address-cancel"),
    re_path(r"^accounts/confirm-email/", errors_views.page_not_found),
    path("accounts/stay/", idle.stay, name="stay"),
    path("accounts/reauthenticate/code/", reauthentication_pages.by_code, name=BY_CODE),
    path("accounts/password/set/", confirmed(password_set), name="account_set_password"),
    path("accounts/invitation/<str:token>/", staff_pages.join, name="staff-join"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/totp/activate/", confirmed(activate_totp), name="mfa_activate_totp"),
    path("accounts/2fa/webauthn/add/", confirmed(add_webauthn), name="mfa_add_webauthn"),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/sessions/", sessions.session_list, name="sessions"),
    path("accounts/sessions/end/", sessions.end_others, name="sessions-end"),
    path("accounts/sessions/<int:session_id>/end/", sessions.end_one, name="session-end"),
    path("accounts/done/", views.after_login, name="after-login"),
    path("portal/", views.portal, name="portal"),
    path("portal/for/", views.act_for, name="act-for"),
    path("portal/people/<uuid:guardian_id>/", views.confirm_person, name="confirm-person"),
    path("desk/clients/", desk.client_search, name="client-search"),
    path("desk/clients/<uuid:client_id>/", desk.client_detail, name="client-detail"),
    path(
        "desk/clients/<uuid:client_id>/second-step/",
        second_step_pages.of_client,
        name="client-second-step",
    ),
    path("desk/clients/<uuid:client_id>/people/", guardian_pages.people_of, name="client-people"),
    path(
        "desk/guardians/<uuid:guardian_id>/remove/", guardian_pages.remove, name="guardian-remove"
    ),
    path("desk/clients/<uuid:client_id>/merge/", merge_pages.find, name="merge-find"),
    path("desk/clients/<uuid:client_id>/merge/<uuid:other_id>/", merge_pages.compare, name="merge"),
    path("desk/merges/<uuid:merge_id>/", merge_pages.detail, name="merge-detail"),
    path("desk/staff/", staff_pages.staff_list, name="staff-list"),
    path("desk/staff/invite/", staff_pages.invite, name="staff-invite"),
    path("desk/staff/<uuid:user_id>/", staff_pages.person, name="staff-person"),
    path("desk/staff/<uuid:user_id>/active/", staff_pages.set_active, name="staff-active"),
    path(
        "desk/staff/<uuid:user_id>/second-step/",
        second_step_pages.of_colleague,
        name="staff-second-step",
    ),
    path(
        "desk/staff/invitations/<uuid:invitation_id>/again/",
        staff_pages.invite_again,
        name="staff-invite-again",
    ),
    path(
        "desk/staff/invitations/<uuid:invitation_id>/withdraw/",
        staff_pages.withdraw,
        name="staff-withdraw",
    ),
    path("desk/messages/", desk.message_list, name="message-list"),
    path("desk/messages/<uuid:message_id>/retry/", desk.message_retry, name="message-retry"),
    path("portal/my-data/", rights_pages.my_data, name="my-data"),
    path("portal/my-data/export/", rights_pages.ask_export, name="my-data-export"),
    path(
        "portal/my-data/<uuid:export_id>/download/",
        rights_pages.export_download,
        name="export-download",
    ),
    path("portal/consents/", rights_pages.consent_list, name="consents"),
    path("desk/corrections/", rights_desk.correction_list, name="correction-list"),
    path("desk/corrections/<uuid:correction_id>/", rights_desk.correction, name="correction"),
    path(
        "desk/clients/<uuid:client_id>/disclosures/",
        rights_desk.disclosure_list,
        name="disclosure-list",
    ),
    path("portal/record/", audit_pages.opened_by, name="opened-by"),
    path("desk/record/", audit_pages.audit_list, name="audit"),
    # Django's own page would end no session, and tell neither the record nor the owner.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    # The floors, top down. Each app says its own paths under /book/, /portal/ and /desk/.
    path("", include("billing.urls")),
    path("", include("treatment.urls")),
    path("desk/diary/", include("booking.diary.urls")),
    path("", include("booking.urls")),
    path("", include("prescriptions.urls")),
    path("", include("intake.urls")),
]
