"""The side of a worker in the talk with the runner: a line of JSON comes on standard input, a line of JSON goes to standard
output. bench/README.md says what the lines are; bench/workers/protocol is the same for workers in Rust."""

import json
import math
import statistics
import sys
import time

BATCHES = 5


def step(seconds, run):
    """The seconds that a step takes, found in about `seconds`; `run(n)` makes n steps and returns when all are done."""

    def timed(steps):
        start = time.perf_counter()
        run(steps)
        return time.perf_counter() - start

    batch = seconds / BATCHES
    # The first steps find memory and caches as the other systems left them, and show how many make a batch.
    steps, taken = 1, timed(1)
    while taken < batch / 10:
        steps *= 2
        taken = timed(steps)
    steps = max(1, int(steps * batch / taken))
    return statistics.median(timed(steps) for _ in range(BATCHES)) / steps


class Job:
    """Work that is ready to be measured: the losses of its first steps, more to compare, and how to run it."""

    def __init__(self, losses, run=None, check=None, steps_per_call=1, measure=None):
        self.losses = [float(loss) for loss in losses]
        self.check = {name: float(value) for name, value in (check or {}).items()}
        self.measure = measure or (lambda seconds: {"step": step(seconds, run) / steps_per_call})


def finite(value):
    """JSON has no NaN; the runner compares what is null with nothing."""
    if isinstance(value, dict):
        return {name: finite(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def serve(works):
    """Answers commands until there are no more. `works` has a function for each work, from the request to a Job."""
    job = None
    for line in sys.stdin:
        try:
            command = json.loads(line)
            if "measure" in command:
                answer = job.measure(command["measure"])
            else:
                job = None  # Its memory is free before the next takes some.
                job = works[command["prepare"]](command)
                answer = {"loss": job.losses, "check": job.check}
        except Exception as error:  # Whatever it is, the runner is to hear of it.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(finite(answer)), flush=True)
