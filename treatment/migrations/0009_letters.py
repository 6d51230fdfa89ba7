"""Letters to the prescriber, and their sending.

What is signed stays as it is, no matter who writes: signed and withdrawn only by the login that the
transaction acts for (`clinic.actor`), sent only while it is signed and not withdrawn. The door:
another key (`clinic.reseal`) may encrypt the same words again.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

FINAL = """
CREATE OR REPLACE FUNCTION treatment_keep_letter() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    end_of text[] := ARRAY['withdrawn_at', 'withdrawn_by_id', 'withdrawn_name',
                           'withdrawn_reason', 'updated_at'];
    words text[] := ARRAY['facts', 'said', 'withdrawn_reason'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a signed letter is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF coalesce(current_setting('clinic.reseal', true), '') = 'on'
       AND to_jsonb(NEW) - words = to_jsonb(OLD) - words THEN
        RETURN NEW;
    END IF;
    IF OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL
       AND coalesce(current_setting('clinic.actor', true), '') = NEW.withdrawn_by_id::text
       AND to_jsonb(NEW) - end_of = to_jsonb(OLD) - end_of THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a signed letter never changes; a wrong one is withdrawn'
        USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE TRIGGER treatment_letter_signed_is_final
    BEFORE UPDATE OR DELETE ON treatment_progressletter
    FOR EACH ROW WHEN (OLD.signed_at IS NOT NULL) EXECUTE FUNCTION treatment_keep_letter();

CREATE OR REPLACE FUNCTION treatment_sign_letter_as_yourself() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('clinic.actor', true), '') <> NEW.signed_by_id::text
       OR NEW.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'a letter is signed by who is signed in' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER treatment_letter_signed_by_oneself_new
    BEFORE INSERT ON treatment_progressletter
    FOR EACH ROW WHEN (NEW.signed_at IS NOT NULL)
    EXECUTE FUNCTION treatment_sign_letter_as_yourself();
CREATE OR REPLACE TRIGGER treatment_letter_signed_by_oneself
    BEFORE UPDATE ON treatment_progressletter
    FOR EACH ROW WHEN (OLD.signed_at IS NULL AND NEW.signed_at IS NOT NULL)
    EXECUTE FUNCTION treatment_sign_letter_as_yourself();

CREATE OR REPLACE FUNCTION treatment_keep_sending() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    course text[] := ARRAY['work_due_at', 'work_claimed_at', 'work_attempts', 'updated_at',
                           'document_id', 'token_sha256', 'wrong_births', 'opened_at',
                           'closed_at', 'renewal_id'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF coalesce(current_setting('clinic.actor', true), '') <> NEW.sent_by_id::text THEN
            RAISE EXCEPTION 'a letter is sent by who is signed in'
                USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (SELECT FROM treatment_progressletter AS letter
                        WHERE letter.id = NEW.letter_id AND letter.signed_at IS NOT NULL
                          AND letter.withdrawn_at IS NULL) THEN
            RAISE EXCEPTION 'only a signed letter is sent' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - course = to_jsonb(OLD) - course
           AND (OLD.document_id IS NULL OR NEW.document_id = OLD.document_id) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'what was sent stays as it was sent' USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE TRIGGER treatment_letter_sent_stays
    BEFORE INSERT OR UPDATE OR DELETE ON treatment_lettersending
    FOR EACH ROW EXECUTE FUNCTION treatment_keep_sending();
"""
NOT_FINAL = """
DROP TRIGGER treatment_letter_sent_stays ON treatment_lettersending;
DROP FUNCTION treatment_keep_sending;
DROP TRIGGER treatment_letter_signed_by_oneself ON treatment_progressletter;
DROP TRIGGER treatment_letter_signed_by_oneself_new ON treatment_progressletter;
DROP FUNCTION treatment_sign_letter_as_yourself;
DROP TRIGGER treatment_letter_signed_is_final ON treatment_progressletter;
DROP FUNCTION treatment_keep_letter;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0016_letter_milestones"),
        ("prescriptions", "0005_code_dates"),
        ("treatment", "0008_selfcare"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ProgressLetter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("why", models.CharField(max_length=8)),
                ("facts", models.BinaryField(blank=True, editable=True)),
                ("said", models.BinaryField(blank=True, editable=True)),
                ("signed_name", models.CharField(blank=True, max_length=160)),
                ("signed_at", models.DateTimeField(blank=True, null=True)),
                ("through", models.DateField(blank=True, null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("withdrawn_name", models.CharField(blank=True, max_length=160)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_reason", models.BinaryField(blank=True, editable=True)),
                (
                    "begun_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "prescription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to="prescriptions.prescription",
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
                (
                    "withdrawn_by",
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
            },
        ),
        migrations.CreateModel(
            name="LetterSending",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("work_due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("work_claimed_at", models.DateTimeField(blank=True, null=True)),
                ("work_attempts", models.PositiveSmallIntegerField(default=0)),
                ("way", models.CharField(max_length=5)),
                ("to", models.CharField(max_length=200)),
                ("sent_at", models.DateTimeField()),
                ("form_token", models.UUIDField(unique=True)),
                (
                    "token_sha256",
                    models.CharField(blank=True, max_length=64, null=True, unique=True),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("wrong_births", models.PositiveSmallIntegerField(default=0)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="prescriptions.shareconsent",
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
                        related_name="+",
                        to="prescriptions.prescriber",
                    ),
                ),
                (
                    "renewal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="prescriptions.doctorrequest",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sendings",
                        to="treatment.progressletter",
                    ),
                ),
            ],
            options={
                "ordering": ["-sent_at"],
            },
        ),
        migrations.AddConstraint(
            model_name="progressletter",
            constraint=models.UniqueConstraint(
                condition=models.Q(("signed_at__isnull", True)),
                fields=("prescription",),
                name="letter_one_draft_of_an_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="progressletter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("sha256", ""),
                        ("signed_at", None),
                        ("signed_by", None),
                        ("signed_name", ""),
                        ("through", None),
                    ),
                    models.Q(
                        ("signed_at__isnull", False),
                        ("signed_by__isnull", False),
                        ("through__isnull", False),
                        models.Q(("signed_name", ""), _negated=True),
                        models.Q(("sha256", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="letter_signature_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="progressletter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("withdrawn_at", None),
                        ("withdrawn_by", None),
                        ("withdrawn_name", ""),
                        ("withdrawn_reason", b""),
                    ),
                    models.Q(
                        ("withdrawn_at__isnull", False),
                        ("withdrawn_by__isnull", False),
                        ("signed_at__isnull", False),
                        models.Q(("withdrawn_name", ""), _negated=True),
                        models.Q(("withdrawn_reason", b""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="letter_withdrawn_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="lettersending",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("way", "link"), _negated=True),
                    ("expires_at__isnull", False),
                    _connector="OR",
                ),
                name="letter_link_expires",
            ),
        ),
        migrations.RunSQL(FINAL, NOT_FINAL),
    ]
