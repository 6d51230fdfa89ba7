"""Where it hurts, and which rule was met, are answers: they are sealed like the others."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import migrations, models

import clinic.fields
from clinic.sealed_columns import bound, resting, rewritten, sealed

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RESPONSES = "intake_questionnaireresponse"


def gather(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The marks of a response into it; one without any gets a seal of its own as well."""
    marks: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
    for mark in apps.get_model("intake", "BodyMark")._base_manager.order_by("created_at"):
        place = f"{mark.view}-{mark.region}-{mark.side}"
        told = {"place": place, "type": mark.pain_type, "intensity": mark.intensity}
        marks[mark.response_id].append(told)
    rows = apps.get_model("intake", "QuestionnaireResponse")._base_manager
    with resting(editor, RESPONSES):
        for pk in list(rows.values_list("pk", flat=True)):
            rows.filter(pk=pk).update(marks=marks[pk])


def scatter(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """A row for each mark, as it was."""
    model = apps.get_model("intake", "BodyMark")
    responses = apps.get_model("intake", "QuestionnaireResponse")._base_manager
    for response, marks in responses.values_list("pk", "marks"):
        for told in marks:
            view, _, rest = told["place"].partition("-")
            region, _, side = rest.rpartition("-")
            model._base_manager.create(
                response_id=response,
                region=region,
                view=view,
                side=side,
                pain_type=told["type"],
                intensity=told["intensity"],
            )


def number(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Alerts in the order in which they were shown."""
    rows = apps.get_model("intake", "ScreenFlag")._base_manager
    seen: defaultdict[Any, int] = defaultdict(int)
    for pk, response in list(rows.order_by("-severity", "rule").values_list("pk", "response_id")):
        rows.filter(pk=pk).update(position=seen[response])
        seen[response] += 1


# What is signed keeps its marks as it keeps its answers.
CHANGE = """
DO $$
BEGIN
    EXECUTE replace(pg_get_functiondef('intake_keep_response'::regproc), '{old}', '{new}');
END $$;
"""
ANSWERS = "(NEW.answers IS DISTINCT FROM OLD.answers"
BOTH = "((NEW.answers, NEW.marks) IS DISTINCT FROM (OLD.answers, OLD.marks)"
FINAL = """
CREATE TRIGGER intake_mark_signed_is_final BEFORE UPDATE OR DELETE ON intake_bodymark
    FOR EACH ROW EXECUTE FUNCTION intake_keep_part();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0004_what_was_signed_follows_a_merge"),
        ("clinic", "0013_values_bound_to_their_column"),
    ]

    operations = [
        bound("intake"),
        migrations.AddField(
            model_name="questionnaireresponse",
            name="marks",
            field=clinic.fields.EncryptedJSONField(blank=True, default=list, editable=True),
        ),
        migrations.RunSQL("DROP TRIGGER intake_mark_signed_is_final ON intake_bodymark", FINAL),
        migrations.RunPython(gather, scatter),
        migrations.DeleteModel("BodyMark"),
        rewritten(RESPONSES),
        migrations.RunSQL(
            CHANGE.format(old=ANSWERS, new=BOTH), CHANGE.format(old=BOTH, new=ANSWERS)
        ),
        migrations.AddField(
            model_name="screenflag",
            name="position",
            field=models.PositiveSmallIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RunPython(number, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="screenflag", name="flag_once_per_rule"),
        migrations.AlterModelOptions(
            name="screenflag", options={"ordering": ["-severity", "position"]}
        ),
        *sealed("intake", "ScreenFlag", "rule", may_be_empty=False),
        rewritten("intake_screenflag"),
        migrations.AddConstraint(
            model_name="screenflag",
            constraint=models.UniqueConstraint(
                fields=("response", "position"), name="flag_once_per_place"
            ),
        ),
    ]
