"""Runs models with onnxruntime."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.errors import AiMissing, ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


@cache
def session(path: Path) -> InferenceSession:
    """The session of a model file, made once in a process; it may be used by many threads.

    It computes in the thread that calls it and no other. `path` comes from `ModelStore.path`, which
    verifies the file. Raises AiMissing when onnxruntime is not installed, ModelError for what is no model.
    """
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise AiMissing(
            "models need onnxruntime, which is not installed: pip install 'pixcrawler[ai]'"
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class for each kind of damage
        raise ModelError(
            f"{path} is no model that onnxruntime {onnxruntime.__version__} can run: {error}"
        ) from error
