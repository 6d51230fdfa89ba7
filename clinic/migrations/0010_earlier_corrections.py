"""Answers from before we asked by what, or on what ground, say that they are from before."""

from typing import Any

from django.db import migrations

EARLIER, UNSAID = 0, "unsaid"


def say_so(apps: Any, schema_editor: Any) -> None:
    requests = apps.get_model("clinic", "CorrectionRequest").objects.using(
        schema_editor.connection.alias
    )
    requests.filter(status="corrected", evidence=None).update(evidence=EARLIER)
    requests.filter(status="kept", ground="").update(ground=UNSAID)


def take_back(apps: Any, schema_editor: Any) -> None:
    requests = apps.get_model("clinic", "CorrectionRequest").objects.using(
        schema_editor.connection.alias
    )
    requests.filter(evidence=EARLIER).update(evidence=None)
    requests.filter(ground=UNSAID).update(ground="")


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0009_corrections"),
    ]

    operations = [
        migrations.RunPython(say_so, take_back),
    ]
