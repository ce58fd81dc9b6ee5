"""The doctor: what computes right here, and what does not."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnxruntime

from myoshu.runtime.bundle import Bundle
from myoshu.runtime.doctor import diagnose, versions
from myoshu.runtime.parity import Parity, Vectors
from myoshu.testing.networks import Network, mlp, parity, write_bundle


def test_a_sound_bundle_is_found_sound(bundle_path: Path) -> None:
    (diagnosis,) = diagnose(Bundle.read(bundle_path))
    assert (diagnosis.provider, diagnosis.sound, diagnosis.cause) == ("cpu", True, "")
    assert diagnosis.deviation is not None
    assert diagnosis.parts is not None
    assert diagnosis.deviation.size < 1e-5
    assert diagnosis.parts.size < 1e-5
    assert 0 < diagnosis.microseconds < 1e6


def test_a_provider_that_is_not_there_is_no_crash(bundle_path: Path) -> None:
    (diagnosis,) = diagnose(Bundle.read(bundle_path), ["cuda"])
    assert not diagnosis.sound
    assert "has only cpu" in diagnosis.cause
    assert math.isnan(diagnosis.microseconds)


def test_wrong_outputs_are_found(tmp_path: Path, network: Network) -> None:
    vectors = parity(network)
    inputs, outputs = vectors.graphs["initial"]
    outputs = {**outputs, "prior": outputs["prior"] + np.float32(0.5)}
    wrong = Parity({**vectors.graphs, "initial": Vectors(inputs, outputs)})
    (diagnosis,) = diagnose(Bundle.read(write_bundle(tmp_path / "a", network, vectors=wrong)))
    assert not diagnosis.sound
    assert "initial.prior deviates by 0.5" in diagnosis.cause


def test_parts_that_are_another_network_are_found(tmp_path: Path, network: Network) -> None:
    other = mlp(27, 9, 16, seed=5)
    mixed = network._replace(graphs={**network.graphs, "prediction": other.graphs["prediction"]})
    (diagnosis,) = diagnose(Bundle.read(write_bundle(tmp_path / "a", mixed)))
    assert not diagnosis.sound
    assert "separate graphs" in diagnosis.cause


def test_versions_are_those_at_work() -> None:
    assert versions().onnxruntime == onnxruntime.__version__
