"""`python -m stages.download`: writes data/raw."""

import os
import sys
from collections.abc import Mapping

from stages import copies
from stages.download import archive, cifar10, digits, folder, raw, source
from stages.download.fetch import fetched
from stages.errors import reported
from stages.params import Params, read
from stages.user_paths import located


def main(
    given: Params,
    environment: Mapping[str, str],
    home: cifar10.Remote = cifar10.HOME,
    layout: cifar10.Layout = cifar10.PUBLISHED,
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
        cifar10_arrays(environment, home, layout)
    copies.warn("download", copies.census_of_sources())


def cifar10_arrays(environment: Mapping[str, str], home: cifar10.Remote, layout: cifar10.Layout) -> None:
    local = source.local_archive(environment)
    # Outside of the stage's outputs, which DVC deletes before it runs the stage.
    arriving = local.open("rb") if local else fetched(home, located("downloads", environment))
    with source.described(local, home.url), arriving as file:
        counts = raw.write(cifar10.batches(archive.files(file, layout.sizes), layout), cifar10.CLASS_NAMES)
    if counts["test"] < layout.images:
        size = f"holds {counts['test']} of the published {layout.images} images"
        warning = f"the test batch of {local} {size}; every test score is of n = {counts['test']}."
        print(f"download: warning: {warning}", file=sys.stderr)


if __name__ == "__main__":
    with reported("download"):
        main(read(), os.environ)
