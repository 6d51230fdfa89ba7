import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import phonenumber_field.modelfields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # Gone from this repository: docs/adr/0010-migrations-begun-again.md.
    replaces = [
        ("prescriptions", "0001_initial"),
        ("prescriptions", "0002_client_note"),
        ("prescriptions", "0003_uploads_prescribers_regions"),
        ("prescriptions", "0004_queue_by_visit"),
        ("prescriptions", "0005_signed_answers"),
        ("prescriptions", "0006_find_codes_at_once"),
        ("prescriptions", "0007_rows_follow_a_merge"),
        ("prescriptions", "0008_sealed_words"),
    ]

    dependencies = [
        ("clinic", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # It stays when this is taken back: another app may still use it.
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="DiagnosisCode",
            fields=[
                ("code", models.CharField(max_length=8, primary_key=True, serialize=False)),
                ("description", models.CharField(max_length=300)),
                ("billable", models.BooleanField()),
                ("release", models.CharField(max_length=20)),
                ("also", models.TextField(blank=True, default="")),
                ("place", models.PositiveIntegerField(blank=True, null=True)),
            ],
            options={
                "ordering": ["code"],
                "indexes": [models.Index(fields=["place"], name="diagnosis_in_order")],
            },
        ),
        migrations.CreateModel(
            name="DiagnosisStart",
            fields=[
                ("start", models.CharField(max_length=60, primary_key=True, serialize=False)),
                (
                    "codes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=8), size=None
                    ),
                ),
                ("opening", models.BinaryField()),
                ("anywhere", models.BinaryField()),
            ],
            options={
                "ordering": ["start"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass("start", name="gin_trgm_ops"),
                        name="diagnosis_start_letters",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Prescriber",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=120)),
                ("credential", models.CharField(max_length=10)),
                ("npi", models.CharField(blank=True, max_length=10)),
                ("practice", models.CharField(blank=True, max_length=120)),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "fax",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("is_active", models.BooleanField(default=True)),
                ("is_checked", models.BooleanField(default=True)),
                (
                    "named_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.client",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("npi", ""), _negated=True),
                        fields=("npi",),
                        name="prescriber_npi_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("npi", ""), ("npi__regex", "^[12][0-9]{9}$"), _connector="OR"
                        ),
                        name="prescriber_npi_shape",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Prescription",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("source", models.CharField(default="portal", max_length=12)),
                ("text_source", models.CharField(blank=True, default="", max_length=4)),
                ("words", models.BinaryField(blank=True, editable=True, null=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("read_attempts", models.PositiveSmallIntegerField(default=0)),
                ("status", models.CharField(default="submitted", max_length=20)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("needed_on", models.DateField(blank=True, null=True)),
                ("first_reading", models.BinaryField(blank=True, editable=True, null=True)),
                ("client_note", models.BinaryField(blank=True, editable=True)),
                ("reason", models.BinaryField(blank=True, editable=True)),
                ("order_text", models.BinaryField(blank=True, editable=True)),
                ("modality", models.CharField(blank=True, max_length=10)),
                ("issued_on", models.DateField(blank=True, null=True)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("through_on", models.DateField(blank=True, null=True)),
                (
                    "visits_per_week",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=4, null=True),
                ),
                ("prescriber_name", models.CharField(blank=True, max_length=120)),
                ("prescriber_credential", models.CharField(blank=True, max_length=10)),
                ("prescriber_npi", models.CharField(blank=True, max_length=10)),
                ("prescriber_phone", models.CharField(blank=True, max_length=30)),
                ("authorized", models.PositiveSmallIntegerField(default=0)),
                ("used", models.PositiveSmallIntegerField(default=0)),
                ("reserved", models.PositiveSmallIntegerField(default=0)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("is_authorized", models.BooleanField(default=False)),
                (
                    "claimed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prescriptions",
                        to="clinic.client",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.document",
                    ),
                ),
                (
                    "first_reviewer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("originals", models.ManyToManyField(related_name="+", to="clinic.document")),
                (
                    "prescriber",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prescriptions",
                        to="prescriptions.prescriber",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "superseded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded",
                        to="prescriptions.prescription",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "pk"],
                "indexes": [
                    models.Index(fields=["status", "created_at"], name="prescription_queue"),
                    models.Index(
                        condition=models.Q(("status", "submitted")),
                        fields=["needed_on", "created_at"],
                        name="prescription_by_visit",
                    ),
                    models.Index(fields=["client", "status"], name="prescription_by_client"),
                    models.Index(
                        condition=models.Q(("status", "approved")),
                        fields=["through_on"],
                        name="prescription_in_use",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("first_reading__isnull", True), ("first_reviewer__isnull", True)
                            ),
                            models.Q(
                                ("first_reading__isnull", False), ("first_reviewer__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="prescription_first_reading_has_a_reader",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "authorized__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("used"), "+", models.F("reserved")
                                ),
                            )
                        ),
                        name="prescription_visits_not_overdrawn",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["approved", "superseded"]), _negated=True),
                            models.Q(
                                models.Q(("reason", b""), _negated=True),
                                models.Q(("order_text", b""), _negated=True),
                                models.Q(("modality", ""), _negated=True),
                                models.Q(("prescriber_name", ""), _negated=True),
                                models.Q(("prescriber_credential", ""), _negated=True),
                                ("prescriber_npi__regex", "^[12][0-9]{9}$"),
                                ("authorized__gte", 1),
                                ("issued_on__isnull", False),
                                ("starts_on__isnull", False),
                                ("through_on__gte", models.F("starts_on")),
                                ("approved_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="prescription_approved_is_complete",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrescribedRegion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("place", models.CharField(max_length=40)),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "prescription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="regions",
                        to="prescriptions.prescription",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("prescription", "place"), name="region_once_per_prescription"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PrescribedDiagnosis",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "code",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="prescriptions.diagnosiscode",
                    ),
                ),
                (
                    "prescription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="diagnoses",
                        to="prescriptions.prescription",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("prescription", "code"), name="diagnosis_once_per_prescription"
                    ),
                    models.UniqueConstraint(
                        fields=("prescription", "position"), name="diagnosis_position_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position__lt", 12)), name="diagnosis_at_most_twelve"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewDecision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("decision", models.CharField(max_length=20)),
                ("reason", models.CharField(blank=True, max_length=20)),
                ("note", models.BinaryField(blank=True, editable=True)),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.document",
                    ),
                ),
                (
                    "prescription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to="prescriptions.prescription",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decision__in", ["approved", "checked"]),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="refusal_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("second_person_for_claims", models.BooleanField(default=False)),
                ("request_days", models.PositiveSmallIntegerField(default=14)),
                (
                    "location",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="review_policy",
                        to="clinic.location",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("request_days__gte", 1), ("request_days__lte", 60)),
                        name="review_policy_links_expire",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ShareConsent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("version", models.CharField(max_length=20)),
                ("text", models.TextField()),
                ("text_sha256", models.CharField(max_length=64)),
                ("signed_name", models.CharField(max_length=120)),
                ("relationship", models.CharField(blank=True, max_length=20)),
                ("signed_at", models.DateTimeField()),
                ("signed_ip", models.GenericIPAddressField(blank=True, null=True)),
                ("on_paper", models.BooleanField(default=False)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="share_consents",
                        to="clinic.client",
                    ),
                ),
                (
                    "prescriber",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="prescriptions.prescriber",
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-signed_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at__isnull", True)),
                        fields=("client", "prescriber"),
                        name="share_consent_one_in_force",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("signed_name", ""), _negated=True),
                        name="share_consent_is_signed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DoctorRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("note", models.BinaryField(blank=True, editable=True)),
                ("token_sha256", models.CharField(max_length=64, unique=True)),
                ("sent_to", models.EmailField(blank=True, max_length=254)),
                ("wrong_births", models.PositiveSmallIntegerField(default=0)),
                ("expires_at", models.DateTimeField()),
                ("status", models.CharField(default="open", max_length=10)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("signed_name", models.CharField(blank=True, max_length=120)),
                ("signed_ip", models.GenericIPAddressField(blank=True, null=True)),
                ("attestation", models.TextField(blank=True)),
                ("answers", models.BinaryField(blank=True, editable=True, null=True)),
                (
                    "asked_by",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="doctor_requests",
                        to="clinic.client",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.document",
                    ),
                ),
                (
                    "prescriber",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="prescriptions.prescriber",
                    ),
                ),
                (
                    "prescription",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="doctor_request",
                        to="prescriptions.prescription",
                    ),
                ),
                (
                    "renews",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="renewal_requests",
                        to="prescriptions.prescription",
                    ),
                ),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="prescriptions.shareconsent",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "open")),
                        fields=["expires_at"],
                        name="doctor_request_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "open")),
                        fields=("client", "prescriber"),
                        name="doctor_request_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "signed"), _negated=True),
                            models.Q(
                                models.Q(("signed_name", ""), _negated=True),
                                models.Q(("attestation", ""), _negated=True),
                                ("answers__isnull", False),
                                ("closed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="doctor_request_signed_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("token", models.UUIDField()),
                ("source", models.CharField(default="portal", max_length=12)),
                ("note", models.BinaryField(blank=True, editable=True)),
                ("status", models.CharField(default="received", max_length=10)),
                ("progress", models.PositiveSmallIntegerField(default=0)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("refusal", models.CharField(blank=True, max_length=40)),
                (
                    "answers",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="better_copies",
                        to="prescriptions.prescription",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uploads",
                        to="clinic.client",
                    ),
                ),
                ("originals", models.ManyToManyField(related_name="+", to="clinic.document")),
                (
                    "prescription",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uploads",
                        to="prescriptions.prescription",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["received", "working"])),
                        fields=["created_at"],
                        name="upload_unfinished",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("client", "token"), name="upload_sent_once"),
                    models.CheckConstraint(
                        condition=models.Q(("progress__lte", 100)), name="upload_progress_percent"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "ready"), _negated=True),
                            ("prescription__isnull", False),
                            _connector="OR",
                        ),
                        name="upload_ready_has_a_prescription",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "refused"), _negated=True),
                            models.Q(("refusal", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="upload_refusal_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VisitReservation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("visit_on", models.DateField()),
                ("status", models.CharField(default="reserved", max_length=10)),
                (
                    "prescription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reservations",
                        to="prescriptions.prescription",
                    ),
                ),
            ],
            options={
                "ordering": ["visit_on", "created_at"],
                "indexes": [
                    models.Index(fields=["prescription", "status"], name="reservation_ledger"),
                ],
            },
        ),
    ]
