"""Waiting for conditions, never for time to pass."""

import time

# For events that take milliseconds on an idle machine. Long, because a busy
# machine must not fail a test.
PATIENCE = 60.0


class TooLate(AssertionError):
    pass


def wait_until(condition, what, within=PATIENCE, every=0.02):
    """Returns the first true value of condition(); fails after `within` s.

    An exception in `condition` counts as "not yet" and is reported at the end.
    """
    deadline = time.monotonic() + within
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except Exception as error:  # reported below
            last = error
        if time.monotonic() > deadline:
            raise TooLate(f"not within {within:.0f} s: {what} (last: {last!r})")
        time.sleep(every)
