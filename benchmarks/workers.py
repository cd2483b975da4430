"""Contenders as processes of their own that wait, without a thread running, until they are asked for a number.

A request is a line of JSON on standard input, the answer a line of JSON on standard output.
"""

import json
import os
import subprocess
import sys

LIMITS = "BENCHMARK_LIMITS"
"""JSON of the variables that limit a worker, for which see `limit`."""


def limit():
    """Set the variables that limit this worker once more, since stages.nicknet.runtime removes some of them."""
    os.environ.update(json.loads(os.environ[LIMITS]))


class Worker:
    """A process that serves; see `serve`."""

    def __init__(self, *command, environment=None):
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={
                **os.environ,
                "TF_CPP_MIN_LOG_LEVEL": "3",
                **(environment or {}),
                LIMITS: json.dumps(environment or {}),
            },
        )

    def ask(self, **request):
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self._process.args)} ended with exit code {self._process.wait()}")
        return json.loads(line)

    def close(self):
        self._process.stdin.close()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def serve(answer):
    """Answer each request of standard input with answer(**request), until it ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else prints goes to standard error
    for line in sys.stdin:
        out.write(json.dumps(answer(**json.loads(line))) + "\n")
        out.flush()
