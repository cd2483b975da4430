"""`python -m stages.download`: writes data/raw."""

import os
import sys
from collections.abc import Mapping
from contextlib import nullcontext

from stages.download import archive, cifar10, digits, folder, raw, source
from stages.download.fetch import fetched
from stages.errors import reported
from stages.params import Params, read


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
        path = folder.located(given.data.folder, environment)
        with folder.opened(path, given.data.image_side, given.data.unreadable == "skip") as images:
            raw.write(folder.batches(images), images.class_names, folder.files(images))
    else:
        cifar10_arrays(environment, home, layout)


def cifar10_arrays(environment: Mapping[str, str], home: cifar10.Remote, layout: cifar10.Layout) -> None:
    local = source.local_archive(environment)
    sizes = layout.sizes(least_test_images=layout.images if local is None else 1)
    arriving = nullcontext(local) if local else fetched(home, source.folder(environment))
    with source.described(local, home.url), arriving as path:
        files = archive.files(path, cifar10.FOLDER, sizes, optional=[cifar10.README_FILE])
        counts = raw.write(cifar10.batches(files, layout), cifar10.CLASS_NAMES)
    if counts["test"] < layout.images:
        holds = f"holds {counts['test']} of the published {layout.images} images"
        warning = f"the test batch of {local} {holds}; every test figure is of n = {counts['test']}."
        print(f"download: warning: {warning}", file=sys.stderr)


if __name__ == "__main__":
    with reported("download"):
        main(read(), os.environ)
