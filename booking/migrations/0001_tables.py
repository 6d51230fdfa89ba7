import datetime
import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

# What free times are cached by (docs/adr/0005-versions-of-the-diary.md): SQL alone knows this table.
STAMPS = """
CREATE TABLE booking_diarystamp (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    about text NOT NULL CHECK (about IN ('bookings', 'rules')),
    stamp uuid NOT NULL DEFAULT gen_random_uuid()
) WITH (fillfactor = 20);
INSERT INTO booking_diarystamp (about) VALUES ('bookings'), ('rules');
"""
NO_STAMPS = "DROP TABLE booking_diarystamp"


class Migration(migrations.Migration):
    initial = True

    # Gone from this repository: docs/adr/0010-migrations-begun-again.md.
    replaces = [
        ("booking", "0001_initial"),
        ("booking", "0002_words_for_managers"),
        ("booking", "0003_the_whole_diary"),
        ("booking", "0004_waitlist_offers_end_with_their_hold"),
        ("booking", "0005_why_cancelled_and_fees_paid"),
        ("booking", "0006_stamps_of_the_diary"),
        ("booking", "0007_search_rooms_by_time_first"),
        ("booking", "0008_terms_as_agreed"),
        ("booking", "0009_rows_follow_a_merge"),
        ("booking", "0010_sealed_reasons"),
    ]

    dependencies = [
        ("clinic", "0001_tables"),
        ("prescriptions", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name="Appointment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("status", models.CharField(max_length=12)),
                ("source", models.CharField(default="online", max_length=8)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("blocked", django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ("price_cents", models.PositiveIntegerField()),
                ("cancel_cutoff", models.PositiveIntegerField(blank=True, null=True)),
                ("late_cancel_percent", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("no_show_percent", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("held_until", models.DateTimeField(blank=True, null=True)),
                ("hold_token", models.UUIDField(blank=True, null=True)),
                ("booked_at", models.DateTimeField(blank=True, null=True)),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                ("cancel_cause", models.CharField(blank=True, max_length=8)),
                ("cancel_reason", models.BinaryField(blank=True, editable=True)),
                ("party", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("seat", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("series", models.UUIDField(blank=True, editable=False, null=True)),
                ("override_reason", models.BinaryField(blank=True, editable=True)),
                ("fee_cents", models.PositiveIntegerField(default=0)),
                ("fee_waived_at", models.DateTimeField(blank=True, null=True)),
                ("fee_waived_reason", models.BinaryField(blank=True, editable=True)),
                ("fee_paid_at", models.DateTimeField(blank=True, null=True)),
                ("ical_uid", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("sequence", models.PositiveIntegerField(default=0)),
                (
                    "booked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="clinic.client",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.location",
                    ),
                ),
                (
                    "option",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.serviceoption",
                    ),
                ),
                (
                    "reservation",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointment",
                        to="prescriptions.visitreservation",
                    ),
                ),
                (
                    "room",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="clinic.room",
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to="clinic.therapist",
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ("cancelled", "noshow")), _negated=True),
                        fields=["starts_at"],
                        include=(
                            "therapist",
                            "room",
                            "blocked",
                            "status",
                            "held_until",
                            "hold_token",
                        ),
                        name="appointment_diary",
                    ),
                    models.Index(fields=["location", "starts_at"], name="appointment_by_day"),
                    models.Index(fields=["client", "starts_at"], name="appointment_by_client"),
                    models.Index(
                        condition=models.Q(("series__isnull", False)),
                        fields=["series"],
                        name="appointment_series",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("fee_cents__gt", 0), ("fee_paid_at", None), ("fee_waived_at", None)
                        ),
                        fields=["client", "starts_at"],
                        name="appointment_open_fees",
                    ),
                    models.Index(
                        condition=models.Q(("status", "held")),
                        fields=["held_until"],
                        name="appointment_holds",
                    ),
                ],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("status__in", ("cancelled", "noshow")), _negated=True),
                        expressions=[("therapist", "="), ("blocked", "&&")],
                        name="appointment_therapist_not_double_booked",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("status__in", ("cancelled", "noshow")), _negated=True),
                        expressions=[("room", "="), ("blocked", "&&"), ("party", "<>")],
                        name="appointment_room_not_double_booked",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ("cancelled", "noshow")), _negated=True),
                        fields=("party", "seat"),
                        name="appointment_one_per_seat",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seat__lt", 2)), name="appointment_two_seats"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fee_cents", 0),
                            ("status__in", ("cancelled", "noshow")),
                            _connector="OR",
                        ),
                        name="appointment_fee_is_for_missing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("fee_paid_at__isnull", True), ("fee_waived_at__isnull", True)
                            ),
                            models.Q(
                                ("fee_cents__gt", 0),
                                models.Q(
                                    ("fee_paid_at__isnull", True),
                                    ("fee_waived_at__isnull", True),
                                    _connector="OR",
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="appointment_fee_is_paid_or_waived",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ends_at__gt", models.F("starts_at")),
                            ("blocked__startswith__lte", models.F("starts_at")),
                            ("blocked__endswith__gte", models.F("ends_at")),
                        ),
                        name="appointment_times_agree",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "blocked__startswith__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("starts_at"),
                                    "-",
                                    models.Value(datetime.timedelta(seconds=28800)),
                                ),
                            ),
                            (
                                "blocked__endswith__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("starts_at"),
                                    "+",
                                    models.Value(datetime.timedelta(seconds=28800)),
                                ),
                            ),
                        ),
                        name="appointment_length_is_bounded",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["held", "cancelled"]),
                            ("client__isnull", False),
                            _connector="OR",
                        ),
                        name="appointment_has_a_client",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "held"), _negated=True),
                            models.Q(("held_until__isnull", False), ("hold_token__isnull", False)),
                            _connector="OR",
                        ),
                        name="appointment_hold_expires",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BookingPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("slot_step", models.PositiveSmallIntegerField(default=15)),
                ("min_notice", models.PositiveIntegerField(default=120)),
                ("horizon_days", models.PositiveSmallIntegerField(default=90)),
                ("cancel_cutoff", models.PositiveIntegerField(default=1440)),
                ("reschedule_cutoff", models.PositiveIntegerField(default=1440)),
                ("late_cancel_percent", models.PositiveSmallIntegerField(default=50)),
                ("no_show_percent", models.PositiveSmallIntegerField(default=100)),
                ("daily_cap", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("adjoining_starts", models.BooleanField(default=False)),
                ("packing", models.BooleanField(default=True)),
                ("offer_minutes", models.PositiveSmallIntegerField(default=15)),
                ("hold_minutes", models.PositiveSmallIntegerField(default=10)),
                ("reminder_lead", models.PositiveIntegerField(default=1440)),
                ("prescription_lead", models.PositiveIntegerField(default=1440)),
                (
                    "location",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="policy",
                        to="clinic.location",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("slot_step__gte", 5)), name="policy_slot_step_is_sane"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hold_minutes__gte", 1)), name="policy_holds_last"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("offer_minutes__gte", 1)), name="policy_offers_last"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("late_cancel_percent__lte", 100), ("no_show_percent__lte", 100)
                        ),
                        name="policy_fee_is_at_most_the_price",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("daily_cap__isnull", True), ("daily_cap__gte", 1), _connector="OR"
                        ),
                        name="policy_cap_lets_somebody_in",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feeds",
                        to="clinic.client",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="feeds",
                        to="clinic.therapist",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("therapist__isnull", True), ("client__isnull", True), _connector="XOR"
                        ),
                        name="feed_of_a_therapist_or_a_client",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("therapist",),
                        name="feed_one_per_therapist",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("client",),
                        name="feed_one_per_client",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClosedDate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("day", models.DateField()),
                ("name", models.CharField(blank=True, max_length=80)),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="closed_dates",
                        to="clinic.location",
                    ),
                ),
            ],
            options={
                "ordering": ["day"],
                "constraints": [
                    models.UniqueConstraint(fields=("location", "day"), name="closed_date_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DateHours",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("day", models.DateField()),
                ("kind", models.CharField(default="instead", max_length=8)),
                ("starts", models.TimeField(blank=True, null=True)),
                ("ends", models.TimeField(blank=True, null=True)),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clinic.location",
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="date_hours",
                        to="clinic.therapist",
                    ),
                ),
            ],
            options={
                "ordering": ["day", "starts"],
                "indexes": [
                    models.Index(fields=["location", "day"], name="date_hours_by_day"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ends__gt", models.F("starts")),
                                ("ends__isnull", False),
                                ("starts__isnull", False),
                            ),
                            models.Q(
                                ("ends__isnull", True),
                                ("kind", "instead"),
                                ("starts__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="date_hours_end_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalCalendar",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("url", models.BinaryField(editable=True)),
                ("etag", models.CharField(blank=True, max_length=200)),
                ("fetched_at", models.DateTimeField(blank=True, null=True)),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, max_length=200)),
                (
                    "therapist",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="external_calendar",
                        to="clinic.therapist",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ExternalBusy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="busy",
                        to="booking.externalcalendar",
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at"],
                "indexes": [
                    models.Index(fields=["calendar", "ends_at"], name="external_busy_by_end"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="external_busy_end_after_start",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimeOff",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("reason", models.BinaryField(blank=True, editable=True)),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clinic.location",
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="time_off",
                        to="clinic.therapist",
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at"],
                "indexes": [
                    models.Index(fields=["location", "ends_at"], name="time_off_by_end"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                        name="time_off_end_after_start",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("therapist__isnull", False)),
                        expressions=[
                            ("therapist", "="),
                            (
                                models.Func(
                                    "starts_at",
                                    "ends_at",
                                    function="TSTZRANGE",
                                    output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                                ),
                                "&&",
                            ),
                        ],
                        name="time_off_once_at_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WaitlistEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("part_of_day", models.CharField(default="any", max_length=10)),
                ("status", models.CharField(default="waiting", max_length=10)),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="waitlist",
                        to="clinic.client",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.location",
                    ),
                ),
                (
                    "option",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.serviceoption",
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.therapist",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "waiting")),
                        fields=["location", "last_day", "created_at"],
                        name="waitlist_in_line",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="waitlist_dates_in_order",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "waiting")),
                        fields=("client", "option"),
                        name="waitlist_once_per_session",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WaitlistOffer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("starts_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("status", models.CharField(default="open", max_length=8)),
                ("reason", models.BinaryField(blank=True, editable=True)),
                ("token", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "appointment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="offer",
                        to="booking.appointment",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offers",
                        to="booking.waitlistentry",
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.therapist",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["expires_at"],
                        name="waitlist_offers_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("entry",),
                        name="waitlist_one_open_offer",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "open"), _negated=True),
                            ("appointment__isnull", False),
                            _connector="OR",
                        ),
                        name="waitlist_open_offer_has_a_hold",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkingHours",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("weekday", models.PositiveSmallIntegerField()),
                ("starts", models.TimeField()),
                ("ends", models.TimeField()),
                ("effective_from", models.DateField(blank=True, null=True)),
                ("effective_until", models.DateField(blank=True, null=True)),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="working_hours",
                        to="clinic.location",
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="working_hours",
                        to="clinic.therapist",
                    ),
                ),
            ],
            options={
                "ordering": ["therapist", "weekday", "starts"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends__gt", models.F("starts"))),
                        name="working_hours_end_after_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("effective_from__isnull", True),
                            ("effective_until__isnull", True),
                            ("effective_until__gte", models.F("effective_from")),
                            _connector="OR",
                        ),
                        name="working_hours_dates_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkingBreak",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("starts", models.TimeField()),
                ("ends", models.TimeField()),
                (
                    "hours",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="breaks",
                        to="booking.workinghours",
                    ),
                ),
            ],
            options={
                "ordering": ["starts"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends__gt", models.F("starts"))),
                        name="working_break_end_after_start",
                    ),
                ],
            },
        ),
        migrations.RunSQL(STAMPS, NO_STAMPS),
    ]
