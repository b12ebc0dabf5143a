"""Makes a package an installed one without installing it: for tests in which only its entry points matter."""

from __future__ import annotations

import tomllib
from pathlib import Path


def announce(project: Path, folder: Path) -> Path:
    """Write into `folder` what a wheel says of the project's entry points; a path has to name both."""
    told = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    about = folder / f"{told['name'].replace('-', '_')}-{told['version']}.dist-info"
    about.mkdir(parents=True)
    head = f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told['version']}\n"
    (about / "METADATA").write_text(head, "utf-8")
    lines = [f"{name} = {module}\n" for name, module in told["entry-points"]["pixcrawler"].items()]
    (about / "entry_points.txt").write_text("[pixcrawler]\n" + "".join(lines), "utf-8")
    return folder
