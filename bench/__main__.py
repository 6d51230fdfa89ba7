"""`make bench`: measure the product against its yardsticks, write the results, and print them.

It makes databases of its own on the server of DATABASE_URL and drops them at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import redis

from bench import issuing, printing, race, report, rows, workloads
from bench.load import Sample, closed_loop, connections, get
from bench.server import WORKERS, database, serve
from clinic.runtime.config import ROOT, put

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from psycopg2.extensions import connection as Database

    from bench.load import Address, Unit
    from bench.rows import Clinic
    from bench.workloads import Reading

LATEST = ROOT / "bench" / "results" / "latest.json"
DOCUMENT, REACHED = ROOT / "docs" / "performance.md", "## Results"
YARDSTICKS = ("bare_view", "one_query", "signed_in", "sql_30_days")
CONCURRENCY = (1, 8)
TURNS = 10  # for two measurements that are compared, in each round
PRINTING, MEMORY = "printing", "memory"  # measured without a server
PROBE = get("/healthz/bench/bare/")


@dataclass(frozen=True, slots=True)
class Plan:
    sizes: tuple[int, ...]
    seconds: float  # of each workload at each concurrency, in all rounds together
    rounds: int
    every_code: int  # load every nth diagnosis code
    people: int = 50_000  # among whom the desk finds one


WHOLE = Plan((1_000, 100_000, 1_000_000), seconds=1.8, rounds=3, every_code=1)
QUICK = Plan((1_000,), seconds=0.15, rounds=1, every_code=10, people=1_000)
SOME = Plan((1_000, 100_000), seconds=1.8, rounds=3, every_code=1)


@dataclass(slots=True)
class Results:
    runs: list[dict[str, Any]] = field(default_factory=list)
    races: list[dict[str, Any]] = field(default_factory=list)
    booked_share: float = 0.0
    printing: dict[str, Any] = field(default_factory=dict)

    def add(self, name: str, size: int, concurrency: int, sample: Sample, queries: int) -> None:
        self.runs.append(
            {
                "workload": name,
                "rows": size,
                "concurrency": concurrency,
                "p50_ms": round(sample.quantile(0.5) * 1000, 3),
                "p95_ms": round(sample.quantile(0.95) * 1000, 3),
                "per_s": round(sample.per_second, 1),
                "queries": queries,
                "errors": sample.errors,
            }
        )
        if sample.errors:
            say(f"  {name}: {dict(sample.outcomes)}")

    def as_json(self, plan: Plan, seconds: float) -> dict[str, Any]:
        yardsticks = {
            name: [
                {key: value for key, value in run.items() if key != "workload"}
                for run in self.runs
                if run["workload"] == name
            ]
            for name in YARDSTICKS
        }
        runs = [run for run in self.runs if run["workload"] not in YARDSTICKS]
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {
                "processors": os.cpu_count(),
                "system": platform.platform(),
                "python": platform.python_version(),
                "load_before": LOAD_BEFORE,
            },
            "plan": {
                "rows": plan.sizes,
                "seconds": plan.seconds,
                "rounds": plan.rounds,
                "workers": WORKERS,
                "booked_share": round(self.booked_share, 3),
                "took_seconds": round(seconds),
            },
            "runs": runs,
            "same_slot": self.races[-1]["at_the_booking"] if self.races else None,
            "same_slot_races": self.races,
            "yardsticks": yardsticks,
            "printing": self.printing,
            "figures": [
                *report.figures(runs, yardsticks, self.races),
                *report.printed(self.printing),
            ],
        }


LOAD_BEFORE = [round(load, 2) for load in os.getloadavg()]


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 rows and a few requests each")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="this workload with the yardsticks; printing; memory (only when asked for: minutes)",
    )
    parser.add_argument("--out", type=Path, help="where the results go")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # removes servers and databases
    plan = QUICK if options.quick else SOME if options.only else WHOLE
    out = options.out or (None if options.quick or options.only else LATEST)
    only = {*options.only, *YARDSTICKS} if options.only else None
    began = perf_counter()
    server, results = os.environ["DATABASE_URL"], Results()
    if options.only and {*options.only} <= {PRINTING, MEMORY}:
        set_up()
        results.printing = print_some(only, quick=options.quick)
    else:
        measure_all(server, plan, results, only, quick=options.quick)
    found = results.as_json(plan, perf_counter() - began)
    if out is not None:
        out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if out == LATEST:
        text = DOCUMENT.read_text(encoding="utf-8").partition(REACHED)[0]
        DOCUMENT.write_text(f"{text}{REACHED}\n\n{report.markdown(found)}\n", encoding="utf-8")
    say(report.table(found))
    return 0


def measure_all(
    server: str, plan: Plan, results: Results, only: Collection[str] | None, *, quick: bool
) -> None:
    """Each size in a database of its own."""
    run = f"bench_{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="bench-") as name, database(server, run) as base:
        folder = Path(name)
        clinic = prepare(base, folder, plan.every_code)
        results.printing = print_some(only, quick=quick)
        for size in plan.sizes:
            with database(server, f"{run}_{size}", template=run) as url:
                since = perf_counter()
                results.booked_share = rows.fill(url, clinic, size, plan.people)
                say(f"{size:,} past appointments, loaded in {perf_counter() - since:.0f} s")
                with serve(url, f"{run}_{size}", folder) as address:
                    measure(address, url, clinic, size, plan, results, only)
                forget_tasks(f"{run}_{size}")


def set_up() -> None:
    put(os.environ, "DEBUG", "0")
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()


def print_some(only: Collection[str] | None, *, quick: bool) -> dict[str, Any]:
    """What printing costs; and, if asked for, what a worker that prints 2,000 documents takes."""
    found: dict[str, Any] = {}
    if only is None or PRINTING in only:
        found |= printing.measure_times(3 if quick else printing.ROUNDS)
    if only is not None and MEMORY in only:
        documents, every = (20, 10) if quick else (printing.DOCUMENTS, printing.EVERY)
        found["memory_mib"] = printing.memory(documents, every)
    return found


def prepare(url: str, folder: Path, every_code: int) -> Clinic:
    """The tables and the clinic without its appointments, and the static files."""
    put(os.environ, "DATABASE_URL", url)
    put(os.environ, "STATIC_ROOT", str(folder / "static"))
    set_up()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    clinic = rows.make_clinic(every_code)
    connection.close()
    return clinic


def forget_tasks(queue: str) -> None:
    """Delete the tasks the web server queued: no worker is running."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
        broker.delete(queue, f"_kombu.binding.{queue}")


def measure(
    address: Address,
    url: str,
    clinic: Clinic,
    size: int,
    plan: Plan,
    results: Results,
    only: Collection[str] | None,
) -> None:
    """All workloads on one database, in rounds, so that a noisy minute affects them equally."""
    between = rows.connect(url)
    readings = [
        reading for reading in workloads.readings(clinic) if only is None or reading.name in only
    ]
    books, issues = (only is None or name in only for name in ("booking", "issuing"))
    places = iter(workloads.free_places(clinic))
    visitors = workloads.Visitors.arrive(address, clinic)
    turn = plan.seconds / plan.rounds
    samples: dict[tuple[str, int], Sample] = {}

    def loop(
        name: str,
        concurrency: int,
        units: Iterator[Unit],
        before: Callable[[], None] | None = None,
        seconds: float = turn,
    ) -> None:
        lines = connections(address, concurrency, WORKERS, PROBE)
        sample = closed_loop(lines, units, seconds, before)
        for line in lines:
            line.close()
        samples.setdefault((name, concurrency), Sample()).add(sample)

    def before_of(reading: Reading) -> Callable[[], None] | None:
        return (lambda: change(between, reading.changing)) if reading.changing else None

    queries = {}
    for reading in [*readings, *(one.partner for one in readings if one.partner is not None)]:
        loop(reading.name, CONCURRENCY[-1], reading.units(), seconds=turn / 4)
        if reading.changing:
            change(between, reading.changing)
        queries[reading.name] = workloads.count_queries(address, reading)
    if books:
        loop("booking", CONCURRENCY[-1], visitors.each(places, visitors.book), seconds=turn / 4)
        queries["booking"] = visitors.count_queries(address, next(places))
    desk = issuing.Desk(clinic, between)
    if issues:
        loop("issuing", CONCURRENCY[-1], desk.each(), seconds=turn / 4)
        queries["issuing"] = desk.count_queries(address)
    before = desk.issued()
    samples.clear()  # that was a warm-up
    for _round in range(plan.rounds):
        for concurrency in CONCURRENCY:
            for reading in readings:
                if reading.partner is None:
                    loop(reading.name, concurrency, reading.units(), before_of(reading))
                    continue
                for _turn in range(TURNS):  # often enough that a noisy second affects both
                    for one in (reading, reading.partner):
                        loop(one.name, concurrency, one.units(), seconds=turn / TURNS)
            if books:
                loop("booking", concurrency, visitors.each(places, visitors.book))
        if issues:
            loop("issuing", CONCURRENCY[-1], desk.each())
        if only is None or "whole_visit" in only:
            loop("whole_visit", CONCURRENCY[-1], visitors.each(places, visitors.visit))
    if issues and (
        lost := samples["issuing", CONCURRENCY[-1]].outcomes["ok"] + before - desk.issued()
    ):
        raise RuntimeError(f"{lost} receipts were refused")
    samples["sql_30_days", 1] = bare_sql(between, clinic, plan.seconds)
    for (name, concurrency), sample in samples.items():
        results.add(name, size, concurrency, sample, queries.get(name, 0))
    if books:
        race_for_one_time(address, between, visitors, places, size, results)
    between.close()


def race_for_one_time(
    address: Address,
    between: Database,
    visitors: workloads.Visitors,
    places: Iterator[workloads.Time],
    size: int,
    results: Results,
) -> None:
    hold, booking = next(places), next(places)
    results.races.append(
        {
            "rows": size,
            "at_the_hold": race.at_the_hold(address, between, visitors, hold).as_json,
            "at_the_booking": race.at_the_booking(address, between, visitors, booking).as_json,
        }
    )


def change(between: Database, what: str) -> None:
    """As if someone had booked or changed the hours: cached answers are no longer valid."""
    with between.cursor() as cursor:
        cursor.execute("SELECT booking_stamp(%s)", [what])


def bare_sql(between: Database, clinic: Clinic, seconds: float) -> Sample:
    """The rows that 30 days of availability need, read through psycopg2 and nothing else."""
    sample = Sample()
    began = perf_counter()
    with between.cursor() as cursor:
        while (since := perf_counter()) - began < seconds:
            cursor.execute(
                "SELECT therapist_id, room_id, blocked FROM booking_appointment"
                " WHERE starts_at > %s AND starts_at < %s"
                " AND status NOT IN ('cancelled', 'noshow')",
                [clinic.first, clinic.last],
            )
            cursor.fetchall()
            sample.times.append(perf_counter() - since)
            sample.outcomes["ok"] += 1
    sample.seconds = perf_counter() - began
    return sample


if __name__ == "__main__":
    sys.exit(main())
