"""Faces, persons, text and categories: what the checks say, beside lists that were made by looking.

`python -m accuracy.labels`. In pictures.csv a face counts if an eye and the mouth or nose of a living person
can be seen, and it is at least 1/40 of the picture's longer side high; a person if head and shoulders or half
of the body can be seen, at least 1/10 of the picture's height; text if a word can be read in the picture when
its longer side is shown with 1024 pixels. `3+` is at least three; what is empty was too doubtful to say.
stamps.csv names what is cut out on each of Tux Paint's photo stamps, and a wider word for it.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from accuracy.auc import auc
from corpora import fetched, listed
from measure import table
from pictures import PHOTOGRAPHS

from pixcrawler_core.components import Check, Validator
from pixcrawler_core.image import Image
from pixcrawler_core.records import Candidate, Verdict
from pixcrawler_core.registry import load

HERE = Path(__file__).resolve().parent
COUNTED = {"faces": ("faces", "faces"), "persons": ("objects", "persons"), "text": ("text", "lines")}
"""Columns of the list: the check, and its measure that is the number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """How many there are, by the list."""

    least: int
    exact: bool

    def holds(self, number: int) -> bool:
        """Whether a number agrees."""
        return number == self.least if self.exact else number >= self.least


def truth(cell: str) -> Truth | None:
    """What a cell says: a number, a least number, yes or no; None for nothing."""
    if not cell:
        return None
    if cell in {"yes", "no"}:
        return Truth(least=int(cell == "yes"), exact=cell == "no")
    return Truth(least=int(cell.removesuffix("+")), exact=not cell.endswith("+"))


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a list."""
    with (HERE / name).open(newline="") as file:
        return list(csv.DictReader(file))


def opened(row: dict[str, str], collection: str) -> Image:
    """The picture of a row. Raises SystemExit if it is not the one that was looked at."""
    folder = PHOTOGRAPHS if collection == "examples" else fetched(listed()[collection])
    image = Image.open(folder / row["file"])
    if image.sha256 != row["sha256"]:
        raise SystemExit(f"{collection}/{row['file']} has other bytes than the list says")
    return image


def counted(check: Check, measure: str, images: Iterable[Image]) -> list[int]:
    """What the check counts in each image."""
    return [int(check.measure(image)[measure]) for image in images]


def print_counts(check_of: Callable[[str], Check]) -> None:
    """Faces, persons, text: what was found, what was seen where nothing is, and the exact numbers."""
    listed_rows = rows("pictures.csv")
    figures, wrong = [], []
    for column, (name, measure) in COUNTED.items():
        judged = [(row, said) for row in listed_rows if (said := truth(row[column]))]
        numbers = counted(check_of(name), measure, (opened(row, row["collection"]) for row, _ in judged))
        found = [number > 0 for (_, said), number in zip(judged, numbers, strict=True) if said.least]
        alarms = [number > 0 for (_, said), number in zip(judged, numbers, strict=True) if not said.least]
        right = [said.holds(number) for (_, said), number in zip(judged, numbers, strict=True)]
        figures.append([column, *(_share(each) for each in (found, alarms, right))])
        wrong += [
            f"- {column}: {row['collection']}/{row['file']}: {number}, not {row[column]}"
            for (row, said), number in zip(judged, numbers, strict=True)
            if bool(number) != bool(said.least)
        ]
    head = ["pictures", "with some: found", "with none: wrongly seen", "number right (text: yes or no)"]
    print(table(head, figures), end="\n\n")
    print("\n".join(wrong) or "- none is wrong", end="\n\n")


def _share(flags: Sequence[bool]) -> str:
    return f"{sum(flags)} of {len(flags)} ({sum(flags) / len(flags):.0%})"


@dataclass(frozen=True, slots=True)
class Asked:
    """An image, what it is said to show, and whether that is so."""

    image: Image
    category: str
    kind: str


def stamps(seed: int) -> Iterator[Asked]:
    """Each stamp with its name, the wider word, another name of its group, and a name of another group."""
    listed_rows = rows("stamps.csv")
    for row in listed_rows:
        image = opened(row, "tuxpaint-stamps")
        draw = random.Random(f"{seed}/{row['file']}")
        near = [each["name"] for each in listed_rows if each["group"] == row["group"]]
        far = [each["name"] for each in listed_rows if each["group"] != row["group"]]
        yield Asked(image, row["name"], "stamps: its name")
        yield Asked(image, row["group"], "stamps: the wider word")
        if others := sorted(set(near) - {row["name"]}):
            yield Asked(image, draw.choice(others), "stamps: another name of its group")
        yield Asked(image, draw.choice(sorted(set(far) - {row["name"]})), "stamps: a name of another group")


def examples() -> Iterator[Asked]:
    """Each photograph of the repository with its own folder's name and with all the others'."""
    folders = sorted(path.name for path in PHOTOGRAPHS.iterdir() if path.is_dir())
    for path in sorted(PHOTOGRAPHS.glob("*/*.jpg")):
        image = Image.open(path)
        for folder in folders:
            kind = "its category" if folder == path.parent.name else "another category"
            yield Asked(image, folder.replace("-", " "), f"photographs: {kind}")


def answered(check: Check, asked: Asked) -> Verdict:
    """The verdict of the check `category`."""
    candidate = Candidate(engine="list", category=asked.category, query=asked.category, image_url="")
    image = Image(asked.image.path, asked.image.sha256, asked.image.size, candidate)
    return check.judge(check.measure(image))


def print_categories(check: Check, seed: int) -> None:
    """Shares accepted, rejected and left open by what was said of the picture; AUC of right against wrong."""
    verdicts: dict[str, list[Verdict]] = {}
    for asked in (*stamps(seed), *examples()):
        verdicts.setdefault(asked.kind, []).append(answered(check, asked))
    lines = []
    for kind, given in verdicts.items():
        unknown = [each.score is None for each in given]
        rejected = [each.reason is not None for each in given]
        accepted = [not (one or other) for one, other in zip(unknown, rejected, strict=True)]
        lines.append([kind, *(_share(each) for each in (accepted, rejected, unknown))])
    print(table(["said of the picture", "accepted", "rejected", "cannot tell"], lines), end="\n\n")
    for right, wrong in (
        ("stamps: its name", "stamps: a name of another group"),
        ("photographs: its category", "photographs: another category"),
    ):
        scores = [
            [each.score for each in verdicts[kind] if each.score is not None] for kind in (right, wrong)
        ]
        correct = [each.reason is None for each in verdicts[right]]
        correct += [each.reason is not None for each in verdicts[wrong]]
        print(f"- {right}, or {wrong}: {_share(correct)} judged right; ROC AUC {auc(*scores):.3f}")
    print()


def main() -> None:
    """Read the command line, ask the checks, print the report."""
    parser = argparse.ArgumentParser(description="Compare checks of the content with hand-checked lists.")
    parser.add_argument("--seed", type=int, default=1, help="seed of the wrong names (default: 1)")
    parser.add_argument("--part", choices=["counts", "categories"], help="only this part")
    options = parser.parse_args()
    registry = load(installed=False)
    check_of = partial(registry.build, Validator)
    if options.part != "categories":
        print_counts(check_of)
    if options.part != "counts":
        print_categories(check_of("category"), options.seed)


if __name__ == "__main__":
    main()
