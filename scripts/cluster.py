"""The machines of a Dask cluster. Each must see this checkout and its cache under the same path."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import cloudpickle
from distributed import Client

from scripts import runs
from stages.errors import InputError

PACKAGES = ("dvc", "keras", "numpy", "scikit-learn", "tensorflow")
"""What the bytes of a run depend on, beside the code, the parameters and the processor."""


@contextmanager
def workers(scheduler: str) -> Iterator[runs.Workers]:
    """Those of the cluster at an address."""
    try:
        client = Client(scheduler)
        client.wait_for_workers(1, timeout=30)
    except (OSError, ValueError) as error:
        raise InputError(f"expected workers at {scheduler}, as docs/scaling.md says; {error}") from None
    with client, runs.temporary() as shared:
        submit = partial(client.get_executor(pure=False).submit, by_value(runs.installed(PACKAGES)))
        yield runs.Workers(shared, lambda names: [submit(name, str(shared), os.getcwd()) for name in names])


def by_value(versions: dict[str, str]) -> Callable[[str, str, str], list[str]]:
    """runs.produce for workers that need not have the project's modules: a function within another is sent whole.

    It gives up when the shared folder is gone, as after an interruption.
    """
    cloudpickle.register_pickle_by_value(runs)
    produce = runs.produce

    def there(run: str, shared: str, checkout: str) -> list[str]:
        def stopped(seconds: float) -> bool:
            time.sleep(seconds)
            return not Path(shared).is_dir()

        return produce(run, shared, checkout, own_disk=True, stopped=stopped, versions=versions)

    return there
