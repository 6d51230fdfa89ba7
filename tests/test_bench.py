"""The benchmark runs and says what it promises; how fast this machine is, is not its business."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from clinic.runtime.config import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

RUN = {"workload", "rows", "concurrency", "p50_ms", "p95_ms", "per_s", "queries", "errors"}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out: Path = tmp_path_factory.mktemp("bench") / "latest.json"
    command = [sys.executable, "-m", "bench", "--quick", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "one_query" in done.stdout
    results: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return results


def test_every_run_has_its_figures_and_no_errors(found: dict[str, Any]) -> None:
    assert {frozenset(run) for run in found["runs"]} == {frozenset(RUN)}
    assert [run for run in found["runs"] if run["errors"] or not run["p50_ms"]] == []


def test_what_was_asked_for_is_measured_at_both_concurrencies(found: dict[str, Any]) -> None:
    measured = {(run["workload"], run["concurrency"]) for run in found["runs"]}

    assert measured >= {
        (workload, concurrency)
        for workload in (
            "one_therapist_one_day",
            "any_therapist_one_day",
            "any_therapist_30_days",
            "any_therapist_30_days_afresh",
            "booking_page",
            "booking",
            "diagnosis_search",
            "prescription_queue",
            "report_year",
            "client_page",
            "client_page_unaudited",
            "prescription_page",
            "prescription_page_unaudited",
        )
        for concurrency in (1, 8)
    }
    assert ("issuing", 8) in measured


def test_what_printing_costs_is_measured_and_memory_only_when_asked_for(
    found: dict[str, Any],
) -> None:
    assert set(found["printing"]) == {"receipt_ms", "to_plain", "to_bare", "note_to_receipt"}
    assert min(found["printing"].values()) > 0
    said = {figure["figure"] for figure in found["figures"]}
    assert {"Receipts a second at concurrency 8", "A receipt to a bare page with ten rows"} <= said


def test_memory_is_measured_without_a_server(tmp_path: Path) -> None:
    out = tmp_path / "memory.json"
    command = [sys.executable, "-m", "bench", "--quick", "--only", "memory", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(out.read_text(encoding="utf-8"))
    assert len(results["printing"]["memory_mib"]) == 3
    assert results["runs"] == []
    assert [figure["wanted"] for figure in results["figures"]] == ["<= 16"]


def test_the_yardsticks_are_measured_beside_it(found: dict[str, Any]) -> None:
    assert set(found["yardsticks"]) == {"bare_view", "one_query", "signed_in", "sql_30_days"}
    assert all(run["p50_ms"] > 0 for runs in found["yardsticks"].values() for run in runs)
    assert {run["queries"] for run in found["yardsticks"]["one_query"]} == {1}


def test_the_audit_row_costs_one_or_two_queries(found: dict[str, Any]) -> None:
    queries = {(run["workload"], run["rows"]): run["queries"] for run in found["runs"]}
    for name in ("client_page", "prescription_page"):
        (told,) = {queries[key] for key in queries if key[0] == name}
        (untold,) = {queries[key] for key in queries if key[0] == f"{name}_unaudited"}
        assert told - untold in {1, 2}, name


def test_the_clinic_is_booked_as_agreed(found: dict[str, Any]) -> None:
    assert found["plan"]["booked_share"] == pytest.approx(0.6, abs=0.01)


def test_of_fifty_at_one_time_one_is_accepted(found: dict[str, Any]) -> None:
    assert (found["same_slot"]["tried"], found["same_slot"]["accepted"]) == (50, 1)
    for race in found["same_slot_races"]:
        for step in ("at_the_hold", "at_the_booking"):
            assert race[step]["refused"] == 49
            assert race[step]["other"] == 0
            assert race[step]["written"] == 1
