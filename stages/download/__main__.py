"""`python -m stages.download`: writes data/raw."""

import os
import sys
from collections.abc import Mapping

from stages import copies
from stages.download import cifar10, digits, folder, packing, raw, source
from stages.download.fetch import PACE, Pace, Remote
from stages.errors import reported
from stages.params import Params, read


def main(
    given: Params,
    environment: Mapping[str, str],
    home: Remote = cifar10.HOME,
    layout: cifar10.Layout = cifar10.PUBLISHED,
    pace: Pace = PACE,
) -> None:
    """Write the data set's arrays; raises InputError and writes nothing where they cannot be had."""
    if given.data.folder and given.dataset != "folder":
        print(f"download: warning: data.folder is not used, for dataset is {given.dataset}.", file=sys.stderr)
    if given.dataset == "digits":
        raw.write(digits.batches(), digits.CLASS_NAMES)
    elif given.dataset == "folder":
        path = folder.checked(given.data.folder, environment)
        options = given.data.image_side, given.data.unreadable == "skip", given.split.copies == "together"
        with folder.opened(path, *options) as images:
            raw.write(folder.batches(images), images.class_names, folder.files(images))
    else:
        cifar10_arrays(environment, home, layout, pace)
    copies.warn("download", copies.census_of_sources())


def cifar10_arrays(environment: Mapping[str, str], home: Remote, layout: cifar10.Layout, pace: Pace) -> None:
    with source.opened(environment, home, pace) as file:
        counts = raw.write(cifar10.batches(packing.records(file, layout), layout), cifar10.CLASS_NAMES)
    if counts["test"] < layout.images:
        size = f"holds {counts['test']} of the published {layout.images} images"
        warning = f"the test batch of {file.name} {size}; every test score is of n = {counts['test']}."
        print(f"download: warning: {warning}", file=sys.stderr)


if __name__ == "__main__":
    with reported("download"):
        main(read(), os.environ)
