"""Runs cleanvision on a folder and prints its times as JSON; run by the Python of cleanvision's environment.

`python benchmarks/cleaning.py FOLDER JOBS`. Its checks, all of which are on: odd size, odd aspect ratio,
low information, light, dark, blurry, greyscale, exact and near duplicates.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time

from cleanvision import Imagelab  # type: ignore[import-not-found]  # another environment has it


def main() -> None:
    """Find the issues of the folder that the command line names; what cleanvision prints goes to stderr."""
    start, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(sys.stderr):
        lab = Imagelab(data_path=sys.argv[1], verbose=False)
        lab.find_issues(n_jobs=int(sys.argv[2]), verbose=False)
    took = {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu, "images": len(lab.issues)}
    print(json.dumps(took))


if __name__ == "__main__":
    main()
