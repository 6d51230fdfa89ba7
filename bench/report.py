"""The agreed targets, and whether they are met; the table for the terminal."""

from __future__ import annotations

from typing import Any

Run = dict[str, Any]
YARDSTICK = "one_query"
REFERENCE = 100_000
BUSY = 8  # the higher concurrency
PER_SECOND = {"booking", "whole_visit", "issuing"}  # what counts is how many
ONLY_BUSY = {"whole_visit", "issuing"}
FLAT = 16  # MiB over 2,000 documents: what an allocator leaves between them


def figures(
    runs: list[Run], yardsticks: dict[str, list[Run]], races: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Each target of the issue: the goal, the measurement, whether it is met."""
    if not runs:  # only printing was measured
        return []
    sizes = sorted({run["rows"] for run in runs})
    reference = REFERENCE if REFERENCE in sizes else sizes[0]
    found: list[dict[str, Any]] = []

    def say(text: str, wanted: str, measured: float, reached: bool) -> None:
        found.append(_figure(text, wanted, measured, reached))

    names = {run["workload"] for run in runs}

    def at_most(text: str, name: str, most: float, at: list[int], figure: str = "p50_ms") -> None:
        if name not in names:  # only some were requested
            return
        worst = max(_times_yardstick(runs, yardsticks, name, size, figure) for size in at)
        say(text, f"<= {most:g} x", worst, worst <= most)

    afresh = "any_therapist_30_days_afresh"
    at_most(f"30 days, any therapist, afresh, {reference:,} rows", afresh, 8, [reference])
    at_most("30 days, any therapist, nothing changed", "any_therapist_30_days", 2, sizes)
    if len(sizes) > 1 and afresh in names:
        first, last = (_run(runs, afresh, size, 1)["p50_ms"] for size in (sizes[0], sizes[-1]))
        text = f"30 days, afresh, {sizes[-1]:,} rows to {sizes[0]:,}"
        say(text, "<= 1.2 x", last / first, last / first <= 1.2)
    at_most("One therapist, one day, afresh", "one_therapist_one_day_afresh", 3, sizes)
    at_most("One therapist, one day, nothing changed", "one_therapist_one_day", 3, sizes)
    at_most("Booking page, afresh", "booking_page_afresh", 8, sizes)
    at_most("Booking page, nothing changed", "booking_page", 8, sizes)
    at_most("Page of sessions and prices", "sessions_page", 8, sizes)
    at_most("Diagnosis search, p95 to p95", "diagnosis_search", 2, sizes, "p95_ms")
    at_most("A therapist's day of twelve visits", "therapist_day", 12, sizes)
    if "therapist_day" in names:
        most = max(run["queries"] for run in runs if run["workload"] == "therapist_day")
        say("A therapist's day of twelve visits: queries", "<= 8", most, most <= 8)
    at_most("Report of a year, 10,000 visits", "report_year", 15, sizes)
    to_signed_in = (
        ("Client search, p95 to that of `signed_in`", "client_search", "p95_ms", 2),
        ("A field of a note kept, to `signed_in`", "note_field", "p50_ms", 3),
    )
    for text, name, figure, most in to_signed_in:
        if name in names:
            slowest = max(
                _run(runs, name, size, 1)[figure]
                / _run(yardsticks["signed_in"], "", size, 1)[figure]
                for size in sizes
            )
            say(text, f"<= {most} x", slowest, slowest <= most)
    for name in ("client_page", "prescription_page"):
        if name not in names:
            continue
        pairs = [
            (_run(runs, name, size, 1), _run(runs, f"{name}_unaudited", size, 1)) for size in sizes
        ]
        more = max(told["queries"] - untold["queries"] for told, untold in pairs)
        say(f"Audit row on `{name}`: queries", "<= 2", more, 0 < more <= 2)
        slower = max(told["p50_ms"] / untold["p50_ms"] for told, untold in pairs)
        say(f"Audit row on `{name}`: p50 with to without", "<= 1.15 x", slower, slower <= 1.15)
    if "booking" in names:
        slowest = min(_busy(runs, yardsticks, "booking", size) for size in sizes)
        say("Bookings a second at concurrency 8", ">= 0.1 x", slowest, slowest >= 0.1)
    if "issuing" in names:
        slowest = min(_busy(runs, yardsticks, "issuing", size) for size in sizes)
        say("Receipts a second at concurrency 8", ">= 0.05 x", slowest, slowest >= 0.05)
    steps = (("at_the_hold", "pressing"), ("at_the_booking", "booking")) if races else ()
    for step, text in steps:
        tried = [race[step] for race in races]
        clean = all(
            race["accepted"] == race["written"] == 1 and not race["other"] for race in tried
        )
        slow = max(race["slowest_ms"] for race in tried) / 1000
        accepted = "/".join(str(race["accepted"]) for race in tried)
        say(
            f"50 {text} one time: {accepted} accepted; seconds", "<= 2 s", slow, clean and slow <= 2
        )
    growing = sum(_grows([run for run in runs if run["workload"] == name]) for name in names)
    say("Workloads whose queries grow with rows", "0", growing, growing == 0)
    return found


def printed(found: dict[str, Any]) -> list[dict[str, Any]]:
    """What was measured of `bench.printing`, against its targets."""
    figures = []
    if found.get("to_plain"):
        for text, name, most in (
            ("A receipt to the same without tags, logo, QR code", "to_plain", 1.3),
            ("A receipt to a bare page with ten rows", "to_bare", 4),
            ("A treatment note to a receipt", "note_to_receipt", 2),
        ):
            figures.append(_figure(text, f"<= {most:g} x", found[name], found[name] <= most))
    if memory := found.get("memory_mib"):
        grown = memory[-1] - memory[0]
        text = "MiB that a warm worker grows over its documents"
        figures.append(_figure(text, f"<= {FLAT}", grown, grown <= FLAT))
    return figures


def _figure(text: str, wanted: str, measured: float, reached: bool) -> dict[str, Any]:
    return {
        "figure": text,
        "wanted": wanted,
        "measured": round(measured, 2),
        "reached": bool(reached),
    }


def _busy(runs: list[Run], yardsticks: dict[str, list[Run]], name: str, size: int) -> float:
    """How many a second at the higher concurrency, to the yardstick's."""
    per_second = _run(runs, name, size, BUSY)["per_s"]
    return float(per_second / _run(yardsticks[YARDSTICK], "", size, BUSY)["per_s"])


def _grows(runs: list[Run]) -> bool:
    """More queries with more rows; one fewer, because of a cached answer, is not growth."""
    counted = [run["queries"] for run in sorted(runs, key=lambda run: run["rows"])]
    return bool(counted) and max(counted) > counted[0]


def _run(runs: list[Run], name: str, size: int, concurrency: int) -> Run:
    return next(
        run
        for run in runs
        if run.get("workload", "") == name
        and (run["rows"], run["concurrency"]) == (size, concurrency)
    )


def _times_yardstick(
    runs: list[Run], yardsticks: dict[str, list[Run]], name: str, size: int, figure: str
) -> float:
    yardstick = _run(yardsticks[YARDSTICK], "", size, 1)[figure]
    return float(_run(runs, name, size, 1)[figure] / yardstick)


def table(found: dict[str, Any]) -> str:
    """Everything measured, in the order of a reader's questions."""
    head = ("rows", "workload", "at once", "p50 ms", "p95 ms", "per s", "x yardstick", "queries")
    lines = [f"{head[0]:>9}  {head[1]:<30}" + "".join(f"{title:>12}" for title in head[2:])]
    yardsticks = [
        {"workload": name, **run} for name, runs in found["yardsticks"].items() for run in runs
    ]
    every = [*yardsticks, *found["runs"]]
    for run in sorted(every, key=lambda run: (run["rows"], run["concurrency"])):
        base = _run(found["yardsticks"][YARDSTICK], "", run["rows"], run["concurrency"])
        if run["workload"] in PER_SECOND:
            ratio = f"{run['per_s'] / base['per_s']:.3f}/s"
        else:
            ratio = f"{run['p50_ms'] / base['p50_ms']:.1f}"
        lines.append(
            f"{run['rows']:>9,}  {run['workload']:<30}{run['concurrency']:>12}"
            f"{run['p50_ms']:>12.2f}{run['p95_ms']:>12.2f}{run['per_s']:>12.1f}{ratio:>12}"
            f"{run['queries'] or '':>12}" + (f"  {run['errors']} errors" if run["errors"] else "")
        )
    lines += ["", f"{'':11}{'figure':<50}{'target':>12}{'measured':>12}"]
    for figure in found["figures"]:
        verdict = "met" if figure["reached"] else "MISSED"
        lines.append(
            f"{'':11}{figure['figure']:<50}{figure['wanted']:>12}{figure['measured']:>12}"
            f"  {verdict}"
        )
    return "\n".join(lines)


def markdown(found: dict[str, Any]) -> str:
    """The part of docs/performance.md about the last run."""
    sizes, machine = found["plan"]["rows"], found["machine"]
    every = [
        {"workload": name, **run} for name, runs in found["yardsticks"].items() for run in runs
    ] + found["runs"]
    busy, load = machine["processors"], machine["load_before"][0]
    lines = [
        f"The run of {found['at'][:10]}: {busy} processors, load {load} before it began, "
        f"{found['plan']['took_seconds']} s in all. A load near or above the number of processors "
        "means that other work was running: what takes longer suffers more, and ratios rise.",
        "",
        "| Figure | Target | Measured | |",
        "| --- | --- | --- | --- |",
    ]
    for figure in found["figures"]:
        verdict = "met" if figure["reached"] else "**missed**"
        lines.append(
            f"| {figure['figure']} | {figure['wanted']} | {figure['measured']} | {verdict} |"
        )
    head = " | ".join(f"{size:,} rows" for size in sizes)
    rule = "| --- |" + " --- |" * len(sizes)
    lines += ["", "Median in ms at concurrency 1 (times the one-query view), and queries:", ""]
    lines += [f"| | {head} | queries |", f"{rule} --- |"]
    for name in dict.fromkeys(run["workload"] for run in every):
        if name in ONLY_BUSY:
            continue
        cells = []
        for size in sizes:
            run = _run(every, name, size, 1)
            base = _run(found["yardsticks"][YARDSTICK], "", size, 1)["p50_ms"]
            cells.append(f"{run['p50_ms']:.1f} ({run['p50_ms'] / base:.1f} x)")
        queries = _run(every, name, sizes[0], 1)["queries"] or ""
        lines.append(f"| `{name}` | {' | '.join(cells)} | {queries} |")
    lines += ["", "Per second at concurrency 8:", "", f"| | {head} |", rule]
    for name in (
        YARDSTICK,
        "any_therapist_30_days",
        "booking_page",
        "booking",
        "whole_visit",
        "issuing",
    ):
        cells = [f"{_run(every, name, size, BUSY)['per_s']:.0f}" for size in sizes]
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines)
