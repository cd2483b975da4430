"""Python runs this at its start: it writes down which files of data, metrics and plots a stage opens.

OPENED names the folder; <stage>-<process id>.txt gets a line 'r PATH' or 'w PATH' for each file. What libraries open
without Python, such as HDF5's files, is not seen.
"""

import os
import sys

ROOTS = ("data", "metrics", "plots")


def watch(log, root):
    def opened(event, arguments):
        if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path = os.path.relpath(os.fsdecode(arguments[0]), root)
        mode, flags = arguments[1], arguments[2]
        writes = any(letter in mode for letter in "wax+") if mode else bool(flags & (os.O_WRONLY | os.O_RDWR))
        if path.split(os.sep)[0] in ROOTS:
            os.write(log, f"{'w' if writes else 'r'} {path}\n".encode())

    sys.addaudithook(opened)


module = sys.orig_argv[2] if sys.orig_argv[1:2] == ["-m"] and len(sys.orig_argv) > 2 else ""
if module.startswith("stages."):
    name = "-".join([module.removeprefix("stages."), *sys.orig_argv[3:]])
    watch(
        os.open(os.path.join(os.environ["OPENED"], f"{name}.txt"), os.O_WRONLY | os.O_CREAT | os.O_APPEND), os.getcwd()
    )
