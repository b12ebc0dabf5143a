"""The statistics of undistorted photographs for NIQE: from MATLAB's format to NPZ."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
from scipy.io import loadmat

from pixcrawler_core.models.converters.zips import npz_bytes


def convert(members: Mapping[str, bytes]) -> bytes:
    """NPZ with `mean` (36,) and `covariance` (36, 36), float64: 18 features at each of two scales.

    They are those of the authors of NIQE (Mittal, Soundararajan, Bovik 2013), for blocks of 96 x 96 pixels.
    """
    (data,) = members.values()
    found = loadmat(io.BytesIO(data), variable_names=["mu_prisparam", "cov_prisparam"])
    mean = np.asarray(found["mu_prisparam"], np.float64).reshape(36)
    covariance = np.asarray(found["cov_prisparam"], np.float64).reshape(36, 36)
    return npz_bytes({"mean": mean, "covariance": covariance})
