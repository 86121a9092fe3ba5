"""The figures as Markdown."""

TITLES = {
    "one": "One file, in the page cache",
    "many": "Many files, in the page cache",
    "cold": "On the disk",
}


def size_name(size):
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


def markdown(results, machine, counts, runs):
    """`counts`: how many rounds there were of a condition and size, in so many runs."""
    parts = [
        "# Routes, measured\n",
        f"{machine['cores']} cores of {machine['cpu']}, {machine['kernel']}; "
        f"{', '.join(machine['versions'])}. One server core, one client core, loopback with cubic; "
        "medians of interleaved rounds of new servers. CPU time of the server, its kernel workers "
        "included; what the network stack does in interrupts of others is not. Bold: the best "
        "single route.\n",
        f"Made by `scripts/bench-transfer`{'' if runs == 1 else f', in {runs} runs'}.\n",
        "![CPU time by route and size](routes.svg)\n",
    ]
    for condition, title in TITLES.items():
        sizes = sorted({size for rows in results.values() for c, size in rows if c == condition})
        if sizes:
            rounds = sorted({counts[condition, size] for size in sizes})
            parts.append(f"## {title}: CPU per request, µs\n")
            parts.append(f"Rounds: {', '.join(map(str, rounds))}, more for sizes that vary.\n")
            parts.append(rows_of(results, condition, sizes,
                                 lambda value, size: value * size * 1e6))
            parts.append(f"## {title}: CPU per GB, ms\n")
            parts.append(rows_of(results, condition, sizes, lambda value, _: value * 1e12))
            if "auto" in results and best_route(results, condition, sizes[0]):
                parts.append(f"## {title}: auto beside the best single route\n")
                parts.append(auto_rows(results, condition, sizes))
    return "\n".join(parts)


def rows_of(results, condition, sizes, figure):
    names = list(results)
    lines = ["| size | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for size in sizes:
        best = best_route(results, condition, size)
        cells = []
        for name in names:
            text = three_digits(figure(results[name][condition, size], size))
            cells.append(f"**{text}**" if name == best else text)
        lines.append(f"| {size_name(size)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def auto_rows(results, condition, sizes):
    lines = ["| size | best route | auto / best |", "|---|---|---|"]
    for size in sizes:
        best = best_route(results, condition, size)
        ratio = results["auto"][condition, size] / results[best][condition, size]
        lines.append(f"| {size_name(size)} | {best} | {ratio:.2f} |")
    return "\n".join(lines) + "\n"


def best_route(results, condition, size):
    single = [name for name in results if name not in ("auto", "nginx")]
    return min(single, key=lambda name: results[name][condition, size], default=None)


def three_digits(value):
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
