"""A table with documents that leads to no client would be left behind by a merge."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from clinic.models import Document, Location
from clinic.people.merging import rows


def models_with_documents() -> set[type[Any]]:
    return {
        model
        for model in apps.get_models()
        for field in (*model._meta.fields, *model._meta.many_to_many)
        if field.related_model is Document
    }


def test_every_table_with_documents_is_known_to_lead_to_a_client() -> None:
    of_the_clinic = {Location}  # its logo
    assert models_with_documents() - of_the_clinic <= set(rows._paths())
