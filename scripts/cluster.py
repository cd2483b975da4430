"""The machines of a Dask cluster. Each must see this checkout and its cache under the same path."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import cloudpickle
from distributed import Client

from scripts import runs
from stages.errors import InputError

PACKAGES = ("dvc", "keras", "numpy", "scikit-learn", "tensorflow")
"""What the bytes of a run depend on, beside the code, the parameters and the processor."""


@contextmanager
def workers(scheduler: str) -> Iterator[runs.Submit]:
    """Those of the cluster at an address."""
    try:
        client = Client(scheduler)
        client.wait_for_workers(1, timeout=30)
    except (OSError, ValueError) as error:
        raise InputError(f"expected workers at {scheduler}, as docs/scaling.md says; {error}") from None
    with client:
        submit = partial(client.get_executor(pure=False).submit, by_value(runs.installed(PACKAGES)))
        yield lambda names, *where: [submit(name, *where) for name in names]


def by_value(versions: dict[str, str]) -> Callable[[str, str, str], list[str]]:
    """runs.produce for workers that need not have the project's modules: a function within another is sent whole."""
    cloudpickle.register_pickle_by_value(runs)
    produce = runs.produce

    def there(run: str, shared: str, checkout: str) -> list[str]:
        return produce(run, shared, checkout, own_disk=True, versions=versions)

    return there
