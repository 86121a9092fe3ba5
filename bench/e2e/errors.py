"""What can go wrong in a benchmark, said in one line."""


class BenchError(Exception):
    """The benchmark cannot go on; the message says why."""
