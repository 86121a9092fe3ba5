"""Medians over rounds, and ratios of two servers round by round."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Ratio:
    """A server's figure divided by the baseline's of the same round: median and extremes."""

    median: float
    lowest: float
    highest: float


@dataclasses.dataclass(frozen=True)
class Result:
    """One server with one size of file."""

    size: str
    label: str
    title: str
    rounds: list
    median: dict
    ratios: dict
    errors: int


def summarise(size, server, rounds, baseline_rounds):
    figures = [one.figures() for one in rounds]
    baseline = [one.figures() for one in baseline_rounds]
    return Result(
        size=size,
        label=server.label,
        title=server.title,
        rounds=rounds,
        median={name: statistics.median(one[name] for one in figures) for name in figures[0]},
        ratios={name: ratio(name, figures, baseline)
                for name in ("cpu_us_per_request", "requests_per_second", "p99_us")},
        errors=sum(one.errors for one in rounds))


def ratio(name, figures, baseline):
    values = [one[name] / other[name] for one, other in zip(figures, baseline)]
    return Ratio(statistics.median(values), min(values), max(values))
