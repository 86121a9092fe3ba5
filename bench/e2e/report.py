"""The report: tables for the terminal, Markdown for the README, JSON with every round."""

import dataclasses
import json

import memory

BUSY_CORE = 0.90
OTHER_WORK = 0.05


@dataclasses.dataclass(frozen=True)
class Report:
    machine: dict
    settings: dict
    baseline: str
    results: list
    memory: dict
    warnings: list

    def error_count(self):
        downloads = sum(one.failed_downloads for one in self.memory.values())
        return downloads + sum(result.errors for result in self.results)


def throughput_table(report):
    head = ["file", "server", "requests/s", "p50", "p99", "CPU/request", "CPU/GB", "core",
            "errors", f"CPU ÷ {report.baseline}", f"requests/s ÷ {report.baseline}"]
    rows = [[
        result.size,
        result.title,
        f"{result.median['requests_per_second']:,.0f}" + ("" if is_server_bound(result) else " *"),
        milliseconds(result.median["p50_us"]),
        milliseconds(result.median["p99_us"]),
        f"{result.median['cpu_us_per_request']:.1f} µs",
        f"{result.median['cpu_ms_per_gb']:,.0f} ms",
        f"{result.median['core_use']:.0%}",
        str(result.errors),
        ratio(result.ratios["cpu_us_per_request"]),
        ratio(result.ratios["requests_per_second"]),
    ] for result in report.results]
    return [head] + rows


def memory_table(report):
    head = ["server", "idle", "peak", "peak, anonymous part", "time", "failed downloads"]
    rows = [[
        title,
        mebibytes(one.idle_rss_kib),
        mebibytes(one.peak_rss_kib),
        mebibytes(one.peak_anonymous_kib),
        f"{one.seconds:.0f} s",
        str(one.failed_downloads),
    ] for title, one in report.memory.items()]
    return [head] + rows


def as_text(report):
    parts = [machine_line(report), throughput_line(report), plain(throughput_table(report), 2)]
    parts += notes(report)
    if report.memory:
        parts += [memory_line(report), plain(memory_table(report), 1)]
    if report.warnings:
        parts.append("\n".join(f"warning: {warning}" for warning in report.warnings))
    return "\n\n".join(parts) + "\n"


def as_markdown(report):
    parts = [machine_line(report) + " " + throughput_line(report),
             markdown(throughput_table(report), 2)]
    parts += [note.replace("*", "\\*", 1) for note in notes(report)]
    if report.memory:
        parts += [memory_line(report), markdown(memory_table(report), 1)]
    return "\n\n".join(parts) + "\n"


def as_json(report):
    document = dataclasses.asdict(report) | {"errors": report.error_count()}
    for result, written in zip(report.results, document["results"]):
        written["rounds"] = [dataclasses.asdict(one) | one.figures() for one in result.rounds]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def machine_line(report):
    machine = report.machine
    return (f"{machine['cores']} cores of {machine['cpu']}, {machine['kernel']}; "
            f"{', '.join(machine['versions'])}.")


def throughput_line(report):
    settings = report.settings
    return (f"{settings['connections']} keep-alive connections, server on one core, wrk on "
            f"another; medians of {settings['rounds']} interleaved rounds of "
            f"{settings['seconds']} s, ratios round by round (lowest–highest).")


def memory_line(report):
    return (f"Resident memory while {memory.CLIENTS} clients each download a file of "
            f"{report.settings['memory_size']}: all processes of the server added up, so that a "
            "page shared by two counts twice.")


def notes(report):
    if all(is_server_bound(result) for result in report.results):
        return []
    return [f"* The server used less than {BUSY_CORE:.0%} of its core: the client, or other work "
            "that a warning names, set this rate. Compare CPU time there, not requests/s."]


def warnings_about(results):
    """What makes figures doubtful, besides wrong responses."""
    return [f"{result.size}, {result.title}: other work took "
            f"{result.median['other_core_use']:.0%} of the server's core"
            for result in results if result.median["other_core_use"] > OTHER_WORK]


def is_server_bound(result):
    return result.median["core_use"] >= BUSY_CORE


def ratio(value):
    return f"{value.median:.2f} ({value.lowest:.2f}–{value.highest:.2f})"


def milliseconds(microseconds):
    return f"{microseconds / 1000:.2f} ms"


def mebibytes(kibibytes):
    return f"{kibibytes / 1024:.1f} MiB"


def plain(table, text_columns):
    """Columns padded to one width: the first `text_columns` to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = []
    for row in table:
        cells = [cell.ljust(width) if column < text_columns else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def markdown(table, text_columns):
    head, *rows = table
    rule = ["---" if column < text_columns else "---:" for column in range(len(head))]
    rows = [[cell.replace("*", "\\*") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule] + rows)
