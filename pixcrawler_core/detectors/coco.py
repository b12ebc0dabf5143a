"""The 80 kinds of objects of the COCO data set, and the words by which people ask for them.

Names and order: Lin et al., Microsoft COCO: Common Objects in Context, 2014 (the 80 of the detection task).
"""

from __future__ import annotations

import re

from pixcrawler_core.words import singular

PERSON = "person"


def _words(text: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in text.split(","))


NAMES = _words("""
    person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant,
    stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe,
    backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat,
    baseball glove, skateboard, surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl,
    banana, apple, sandwich, orange, broccoli, carrot, hot dog, pizza, donut, cake, chair, couch,
    potted plant, bed, dining table, toilet, tv, laptop, mouse, remote, keyboard, cell phone, microwave,
    oven, toaster, sink, refrigerator, book, clock, vase, scissors, teddy bear, hair drier, toothbrush
""")
"""In the order of the classes of the models."""
PEOPLE = frozenset(
    _words("""
    athlete, audience, baby, boy, bride, child, children, crowd, dancer, face, family, father, girl, groom,
    human, kid, lady, man, men, mother, musician, pedestrian, people, person, player, portrait, runner,
    selfie, teenager, toddler, tourist, woman, women, worker
    """)
)
"""Words for pictures of persons, in the singular where they have one."""
OTHER_NAMES = {
    "aeroplane": "airplane",
    "ball": "sports ball",
    "bike": "bicycle",
    "cellphone": "cell phone",
    "computer mouse": "mouse",
    "doughnut": "donut",
    "fridge": "refrigerator",
    "hair dryer": "hair drier",
    "knives": "knife",
    "mice": "mouse",
    "mobile phone": "cell phone",
    "motorbike": "motorcycle",
    "plane": "airplane",
    "remote control": "remote",
    "smartphone": "cell phone",
    "sofa": "couch",
    "table": "dining table",
    "television": "tv",
    "tv set": "tv",
}
"""Other words for kinds of objects, in the singular where it is regular."""

_KINDS = {**{singular(name): name for name in NAMES}, **{name: name for name in NAMES}, **OTHER_NAMES}


def kind_of(words: str) -> str | None:
    """The COCO name that a category or query asks for, or None if it asks for none of them.

    Case, plural, hyphens and underscores do not matter. A last word for people gives `person` ("old man");
    every other name must be all there is, since the words before a noun can change its meaning: a prairie
    dog is no dog. Two names keep COCO's meaning: a mouse is a computer's, and an orange is a fruit.
    """
    plain = " ".join(re.sub(r"[-_\s]+", " ", words).casefold().split())
    if {plain.rpartition(" ")[2], singular(plain.rpartition(" ")[2])} & PEOPLE:
        return PERSON
    return _KINDS.get(plain) or _KINDS.get(singular(plain))
