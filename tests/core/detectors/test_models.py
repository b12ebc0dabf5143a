"""What the detectors see in real photographs; the boxes expected were read off the pictures by eye."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
import pytest
from onnxruntime import InferenceSession
from PIL import Image as Pillow

from pixcrawler_core.detectors import centerface, nanodet, nsfw, text_boxes
from pixcrawler_core.detectors.found import Box, Floats
from pixcrawler_core.image import Image, Pixels
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS

ODD = [(1, 1), (2, 3000), (3000, 2), (33, 17)]


def pixels(name: str) -> Pixels:
    return Image.open(PHOTOGRAPHS / name).pixels


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


@pytest.mark.parametrize(
    ("name", "kind", "box"),
    [
        ("farm-animals/sheep.jpg", "sheep", (0.23, 0.115, 0.48, 0.785)),
        ("mammals/polar-bear-leap.jpg", "bear", (0.125, 0.19, 0.77, 0.665)),
        ("farm-animals/zaniskari-horse.jpg", "horse", (0.10, 0.10, 0.51, 0.87)),
    ],
)
def test_an_animal_is_found_where_it_is(models: ModelStore, name: str, kind: str, box: Box) -> None:
    best = nanodet.detect(pixels(name), models.session(nanodet.MODEL))[0]
    assert best.name == kind
    assert best.score > 0.65
    assert overlap(best.box, box) > 0.8


@pytest.mark.parametrize("size", [(416, 416), (300, 900), (900, 300)])
def test_a_box_does_not_depend_on_the_shape_of_the_picture(models: ModelStore, size: tuple[int, int]) -> None:
    """The same sheep on a canvas of another shape is where it was."""
    sheep = Pillow.fromarray(pixels("farm-animals/sheep.jpg")).resize((280, 203))
    canvas = Pillow.new("RGB", size, (90, 120, 60))
    canvas.paste(sheep, (15, 90))
    best = nanodet.detect(np.asarray(canvas), models.session(nanodet.MODEL))[0]
    found = [best.box[0] * size[0], best.box[1] * size[1], best.box[2] * size[0], best.box[3] * size[1]]
    assert best.name == "sheep"
    assert found == pytest.approx([15 + 0.23 * 280, 90 + 0.115 * 203, 0.48 * 280, 0.785 * 203], abs=12)


def test_faces_are_found_where_they_are(models: ModelStore) -> None:
    found = centerface.detect(pixels("monuments/mount-rushmore.jpg"), models.session(centerface.MODEL))
    sure = sorted(each.box for each in found if each.score > 0.55)
    expected = [
        (0.35, 0.36, 0.09, 0.13),
        (0.45, 0.41, 0.07, 0.13),
        (0.515, 0.48, 0.065, 0.135),
        (0.61, 0.48, 0.085, 0.135),
    ]
    assert len(sure) == 4
    assert all(overlap(one, other) > 0.5 for one, other in zip(sure, expected, strict=True))


def constant(outputs: Mapping[str, Floats]) -> InferenceSession:
    """The session of a model that says the same of every picture."""
    made = [
        onnx.helper.make_node("Constant", [], [n], value=onnx.numpy_helper.from_array(v))
        for n, v in outputs.items()
    ]
    told = [
        onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, v.shape) for n, v in outputs.items()
    ]
    taken = onnx.helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, (1, 3, None, None))
    graph = onnx.helper.make_graph(made, "constant", [taken], told)
    model = onnx.helper.make_model(graph, ir_version=8, opset_imports=[onnx.helper.make_opsetid("", 13)])
    return InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def test_a_face_is_where_its_cell_its_offset_and_its_size_say() -> None:
    centres, sizes, offsets = (np.zeros((1, n, 32, 64), dtype=np.float32) for n in (1, 2, 2))
    centres[0, 0, 10, 20] = 0.9
    sizes[0, :, 10, 20] = np.log(12), np.log(8)
    offsets[0, :, 10, 20] = 0.3, -0.4
    session = constant({"centres": centres, "sizes": sizes, "offsets": offsets})
    (face,) = centerface.detect(np.zeros((128, 256, 3), dtype=np.uint8), session)
    left, top, width, height = face.box
    assert face.score == pytest.approx(0.9)
    assert [left * 64, top * 32] == pytest.approx([20.1 - 4, 10.8 - 6], abs=0.01)
    assert [width * 64, height * 32] == pytest.approx([8, 12], abs=0.01)


def test_each_image_is_asked_about_once(models: ModelStore) -> None:
    image = Image.open(PHOTOGRAPHS / "farm-animals/sheep.jpg")
    session = models.session(nanodet.MODEL)
    assert nanodet.find_objects(image, session) is nanodet.find_objects(image, session)


@pytest.mark.parametrize("size", ODD)
def test_pictures_of_any_size_are_judged(models: ModelStore, size: tuple[int, int]) -> None:
    odd = np.full((size[1], size[0], 3), 200, dtype=np.uint8)
    found = [
        *nanodet.detect(odd, models.session(nanodet.MODEL)),
        *centerface.detect(odd, models.session(centerface.MODEL)),
        *text_boxes.detect(odd, models.session(text_boxes.MODEL)).lines,
    ]
    assert all(0 <= side <= 1 for each in found for side in each.box)
    assert 0 <= nsfw.detect(odd, models.session(nsfw.MODEL)) < 0.5


def heat(*lines: tuple[int, int, int, int], probability: float = 0.9) -> Floats:
    """A map of 240 x 320 pixels in which cores of lines are likely: left, top, width, height."""
    likely = np.zeros((240, 320), dtype=np.float32)
    for left, top, width, height in lines:
        likely[top : top + height, left : left + width] = probability
    return likely


def test_a_core_is_grown_to_its_line() -> None:
    found = text_boxes.text_of(heat((100, 100, 101, 11)))
    (line,) = found.lines
    growth = 1.5 * 100 * 10 / 110 / 2
    assert line.score == pytest.approx(0.9)
    assert line.box[0] * 320 == pytest.approx(100 - growth, abs=0.1)
    assert line.box[3] * 240 == pytest.approx(10 + 2 * growth, abs=0.1)
    assert found.share == pytest.approx(line.box[2] * line.box[3], abs=0.005)


def test_lines_that_lie_on_each_other_are_covered_once() -> None:
    one = text_boxes.text_of(heat((50, 100, 200, 10)))
    both = text_boxes.text_of(heat((50, 100, 200, 10), (50, 112, 200, 10)))
    assert len(both.lines) == 2
    assert one.share < both.share < 2 * one.share


@pytest.mark.parametrize(
    ("core", "probability"),
    [
        ((100, 100, 100, 2), 0.9),
        ((100, 100, 100, 10), 0.5),
        ((100, 100, 100, 90), 0.9),
        ((50, 80, 150, 48), 0.9),
        ((100, 100, 40, 22), 0.9),
    ],
    ids=["thin", "unlikely", "large-and-square", "large-and-short", "one-character"],
)
def test_what_is_no_line_is_left_out(core: tuple[int, int, int, int], probability: float) -> None:
    assert text_boxes.text_of(heat(core, probability=probability)) == text_boxes.Text(lines=(), share=0.0)


@pytest.mark.parametrize(
    "core", [(5, 100, 300, 40), (100, 100, 8, 7)], ids=["large-and-long", "small-and-square"]
)
def test_large_lines_are_long_and_square_ones_small(core: tuple[int, int, int, int]) -> None:
    assert len(text_boxes.text_of(heat(core)).lines) == 1
