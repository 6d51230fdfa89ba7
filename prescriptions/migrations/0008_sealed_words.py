"""What clients, reviewers and prescribers wrote in their own words is sealed."""

from django.db import migrations, models
from django.db.models import F, Q

from clinic.sealed_columns import bound, rewritten, sealed

COMPLETE = models.CheckConstraint(
    condition=~Q(status__in=["approved", "superseded"])
    | (
        ~Q(reason="")
        & ~Q(order_text="")
        & ~Q(modality="")
        & ~Q(prescriber_name="")
        & ~Q(prescriber_credential="")
        & Q(prescriber_npi__regex=r"^[12][0-9]{9}$")
        & Q(authorized__gte=1)
        & Q(issued_on__isnull=False)
        & Q(starts_on__isnull=False)
        & Q(through_on__gte=F("starts_on"))
        & Q(approved_at__isnull=False)
    ),
    name="prescription_approved_is_complete",
)


class Migration(migrations.Migration):
    dependencies = [
        ("prescriptions", "0007_rows_follow_a_merge"),
        ("clinic", "0013_values_bound_to_their_column"),
    ]

    operations = [
        bound("prescriptions"),
        migrations.RemoveConstraint(model_name="prescription", name=COMPLETE.name),
        *sealed("prescriptions", "Prescription", "client_note", "note from the client"),
        *sealed("prescriptions", "Prescription", "reason", "reason of medical necessity"),
        *sealed("prescriptions", "Prescription", "order_text", "number, frequency, duration"),
        rewritten("prescriptions_prescription"),
        migrations.AddConstraint(model_name="prescription", constraint=COMPLETE),
        *sealed("prescriptions", "ReviewDecision", "note"),
        rewritten("prescriptions_reviewdecision"),
        *sealed("prescriptions", "Upload", "note"),
        rewritten("prescriptions_upload"),
        *sealed("prescriptions", "DoctorRequest", "note", "what the prescriber should know"),
        rewritten("prescriptions_doctorrequest"),
    ]
