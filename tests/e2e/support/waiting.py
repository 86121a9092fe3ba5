"""Waiting for a condition, and running clients side by side."""

import threading
import time


def wait_until(condition, what, timeout=15, every=0.02):
    """Polls until `condition()` is true, and returns what it returned."""
    deadline = time.monotonic() + timeout
    while True:
        late = time.monotonic() > deadline  # looked at first: a pause may make an answer stale
        if result := condition():
            return result
        if late:
            raise AssertionError(f"waited {timeout} s in vain: {what}")
        time.sleep(every)


class Later:
    """A call on a thread of its own. `result()` returns or raises what the call did."""

    def __init__(self, function, *arguments):
        self.value = None
        self.error = None
        self.thread = threading.Thread(target=self.run, args=(function, *arguments), daemon=True)
        self.thread.start()

    def run(self, function, *arguments):
        try:
            self.value = function(*arguments)
        except BaseException as error:
            self.error = error

    def result(self, timeout=60):
        self.thread.join(timeout)
        if self.thread.is_alive():
            raise AssertionError(f"still running after {timeout} s")
        if self.error:
            raise self.error
        return self.value


def together(function, arguments, timeout=60):
    """Calls `function(argument)` for all arguments at once and returns the results in order."""
    calls = [Later(function, argument) for argument in arguments]
    deadline = time.monotonic() + timeout
    return [call.result(max(0.0, deadline - time.monotonic())) for call in calls]
