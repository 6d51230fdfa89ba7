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

from clinic import desk, error_views, health, views
from clinic.accounts import idle, sessions
from clinic.accounts.addresses import desk as address_desk
from clinic.accounts.addresses import views as address_views
from clinic.accounts.reauthentication import views as reauthentication_views
from clinic.accounts.reauthentication.services import BY_CODE, confirmed
from clinic.accounts.second_step import desk as second_step_desk
from clinic.accounts.staff import desk as staff_desk
from clinic.audit import views as audit_views
from clinic.messaging import desk as messaging_desk
from clinic.people import desk as people_desk
from clinic.people.details import views as details_views
from clinic.people.guardians import desk as guardians_desk
from clinic.people.merging import desk as merge_pages
from clinic.privacy import desk as privacy_desk
from clinic.privacy import views as privacy_views

admin.autodiscover()
admin.site.site_header = admin.site.site_title = _("Clinic settings")
# Sign-in addresses change only with proof, and permissions are code (clinic/access.py).
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "clinic.error_views.bad_request"
handler403 = "clinic.error_views.permission_denied"
handler404 = "clinic.error_views.page_not_found"
handler429 = "clinic.error_views.too_many_requests"
handler500 = "clinic.error_views.server_error"

urlpatterns = [
    path("favicon.ico", views.favicon, name="favicon"),
    path("healthz/live", health.live, name="live"),
    path("healthz/ready", health.ready, name="ready"),
    # Anyone who owns an address reaches its clients, so no address changes without proof: ours asks
    # for it. allauth's own page (which does not) is shadowed by this one, and its links are closed.
    path("accounts/email/", address_views.address, name="address"),
    path("accounts/email/code/", address_views.code, name="address-code"),
    path("accounts/email/cancel/", address_views.cancel, name="address-cancel"),
    re_path(r"^accounts/confirm-email/", error_views.page_not_found),
    path("accounts/stay/", idle.stay, name="stay"),
    path("accounts/reauthenticate/code/", reauthentication_views.by_code, name=BY_CODE),
    path("accounts/password/set/", confirmed(password_set), name="account_set_password"),
    path("accounts/invitation/<str:token>/", staff_desk.join, name="staff-join"),
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
    path("desk/clients/new/", people_desk.add, name="client-add"),
    path("desk/clients/<uuid:client_id>/", desk.client_detail, name="client-detail"),
    path("desk/clients/<uuid:client_id>/details/", people_desk.edit, name="client-details"),
    path(
        "desk/clients/<uuid:client_id>/details/<slug:group>/",
        people_desk.field,
        name="client-field",
    ),
    path("desk/clients/<uuid:client_id>/note/", people_desk.note, name="client-note"),
    path("desk/clients/<uuid:client_id>/email/", address_desk.client_email, name="client-email"),
    path("accounts/contact/<str:token>/", address_desk.confirm, name="email-confirm"),
    path(
        "desk/clients/<uuid:client_id>/second-step/",
        second_step_desk.of_client,
        name="client-second-step",
    ),
    path("desk/clients/<uuid:client_id>/people/", guardians_desk.people_of, name="client-people"),
    path(
        "desk/guardians/<uuid:guardian_id>/remove/", guardians_desk.remove, name="guardian-remove"
    ),
    path("desk/clients/<uuid:client_id>/merge/", merge_pages.find, name="merge-find"),
    path("desk/clients/<uuid:client_id>/merge/<uuid:other_id>/", merge_pages.compare, name="merge"),
    path("desk/merges/<uuid:merge_id>/", merge_pages.detail, name="merge-detail"),
    path("desk/staff/", staff_desk.staff_list, name="staff-list"),
    path("desk/staff/invite/", staff_desk.invite, name="staff-invite"),
    path("desk/staff/<uuid:user_id>/", staff_desk.person, name="staff-person"),
    path("desk/staff/<uuid:user_id>/active/", staff_desk.set_active, name="staff-active"),
    path(
        "desk/staff/<uuid:user_id>/second-step/",
        second_step_desk.of_colleague,
        name="staff-second-step",
    ),
    path(
        "desk/staff/invitations/<uuid:invitation_id>/again/",
        staff_desk.invite_again,
        name="staff-invite-again",
    ),
    path(
        "desk/staff/invitations/<uuid:invitation_id>/withdraw/",
        staff_desk.withdraw,
        name="staff-withdraw",
    ),
    path("desk/messages/", messaging_desk.message_list, name="message-list"),
    path("desk/messages/calls/", messaging_desk.call_list, name="call-list"),
    path("desk/messages/<uuid:message_id>/called/", messaging_desk.called, name="call-done"),
    path("desk/messages/<uuid:message_id>/again/", messaging_desk.call_again, name="call-again"),
    path("desk/messages/count/", messaging_desk.message_count, name="message-count"),
    path(
        "desk/messages/<uuid:message_id>/retry/", messaging_desk.message_retry, name="message-retry"
    ),
    path("portal/details/", details_views.my_details, name="my-details"),
    path("portal/details/name/", privacy_views.correct_name, name="my-details-name"),
    path("portal/my-data/", privacy_views.my_data, name="my-data"),
    path("portal/my-data/export/", privacy_views.ask_export, name="my-data-export"),
    path(
        "portal/my-data/<uuid:export_id>/download/",
        privacy_views.export_download,
        name="export-download",
    ),
    path("portal/my-data/<uuid:correction_id>/disagree/", privacy_views.disagree, name="disagree"),
    path("portal/consents/", privacy_views.consent_list, name="consents"),
    path("desk/corrections/", privacy_desk.correction_list, name="correction-list"),
    path("desk/corrections/<uuid:correction_id>/", privacy_desk.correction, name="correction"),
    path(
        "desk/corrections/<uuid:correction_id>/details/",
        privacy_desk.correction_details,
        name="correction-details",
    ),
    path(
        "desk/corrections/<uuid:correction_id>/done/",
        privacy_desk.correction_done,
        name="correction-done",
    ),
    path(
        "desk/clients/<uuid:client_id>/disclosures/",
        privacy_desk.disclosure_list,
        name="disclosure-list",
    ),
    path("portal/record/", audit_views.opened_by, name="opened-by"),
    path("desk/record/", audit_views.audit_list, name="audit"),
    # Django's own page would end no session, and notify neither the audit log nor the owner.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    # The floors, top down. Each app defines its own paths under /book/, /portal/ and /desk/.
    path("", include("website.urls")),
    path("", include("billing.urls")),
    path("", include("treatment.urls")),
    path("desk/diary/", include("booking.setup.urls")),
    path("", include("booking.urls")),
    path("", include("prescriptions.urls")),
    path("", include("intake.urls")),
]
