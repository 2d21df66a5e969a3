"""What turns features into scores: an ONNX session, or a school's own rates."""

import json
import threading
import weakref
from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort

from homeroom.domain import errors, releases

Floats = npt.NDArray[np.float32]

_ORT_ERRORS: tuple[type[Exception], ...] = (
    ort.Fail,
    ort.InvalidArgument,
    ort.InvalidGraph,
    ort.InvalidProtobuf,
    ort.NotImplemented,
    ort.RuntimeException,
    ort.EPFail,
)


class Runner(Protocol):
    """One loaded stage."""

    def run(self, features: Floats) -> Floats:
        """Scores of shape (n,) for features of shape (n, k).

        Raises:
            Unavailable: the model failed, or what it gave is no list of scores.
        """


class OnnxRunner:
    """An ONNX model, built from bytes in memory: no plain model file ever lies on the school's disk.

    Args:
        content: the model.
        output: name of the output that holds the scores.
    """

    def __init__(self, content: bytes, output: str) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # a school's box has other work
        options.enable_cpu_mem_arena = False  # an arena keeps the largest request's memory for ever
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except _ORT_ERRORS as exc:
            raise errors.Unavailable(f"the model cannot be loaded: {type(exc).__name__}") from exc
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or output not in [found.name for found in self._session.get_outputs()]:
            raise errors.Unavailable(f"the model must have one input and an output called {output}")
        self._input, self._output = inputs[0].name, output

    def run(self, features: Floats) -> Floats:
        """See ``Runner``; the error text carries no value of a row."""
        try:
            (scores,) = self._session.run([self._output], {self._input: features})
        except _ORT_ERRORS as exc:
            raise errors.Unavailable(f"the model failed: {type(exc).__name__}") from exc
        return _checked(np.asarray(scores, dtype=np.float32).reshape(-1), len(features))


class RatesRunner:
    """The rate of a row's year group at this school, or in the district where the school is not listed.

    Args:
        content: JSON of the stage.
        site_id: this school.
        features: names of the columns.
    """

    def __init__(self, content: bytes, site_id: str, features: tuple[str, ...]) -> None:
        try:
            value = json.loads(content)
            rates: dict[str, float] = {**value["default"], **value["rates"].get(site_id, {})}
            columns = [(features.index(name), name.partition("_")[2]) for name in value["by"]]
            self._columns = [index for index, _ in columns]
            self._rates = np.array([rates[year] for _, year in columns], dtype=np.float32)
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise errors.Unavailable(f"the group rates are not readable: {type(exc).__name__}") from exc

    def run(self, features: Floats) -> Floats:
        """See ``Runner``. A row of no year group, or of several, gets the mean of all."""
        groups = features[:, self._columns] > 0.5  # noqa: PLR2004 - one-hot: 0 or 1
        single = groups.sum(axis=1) == 1
        scores = np.where(single, self._rates[groups.argmax(axis=1)], self._rates.mean())
        return _checked(scores.astype(np.float32), len(features))


class Pool:
    """Loaded ONNX models by digest, shared by all schools of this process: equal digest, equal bytes, equal answers.

    Sharing is safe because a session keeps nothing of a request, and each school has proved the bytes by opening its
    own sealed copy before it asks for the session.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: weakref.WeakValueDictionary[str, OnnxRunner] = weakref.WeakValueDictionary()

    def load(
        self, file: releases.StageFile, config: releases.ReleaseConfig, site_id: str, content: Callable[[], bytes]
    ) -> Runner:
        """The runner of a stage.

        Raises:
            Unavailable: the bytes are no model that can be used.
        """
        plain = content()  # always: a school whose own copy is damaged must not answer from a neighbour's
        if file.format is releases.Format.GROUP_RATES:
            return RatesRunner(plain, site_id, config.features)
        with self._lock:
            key = f"{file.digest}|{config.output}"
            runner = self._models.get(key)
            if runner is None:
                runner = OnnxRunner(plain, config.output)
                self._models[key] = runner
            return runner


def _checked(scores: Floats, rows: int) -> Floats:
    """``scores`` if there is one for each row and each is in [0, 1]."""
    if scores.shape != (rows,) or not bool(np.all((scores >= 0) & (scores <= 1))):
        raise errors.Unavailable("the model gave something else than one score in 0..1 for each row")
    return scores


def available_mib(meminfo: str) -> float:
    """Memory that can be had without swapping, from the text of ``/proc/meminfo``; infinite where it does not say."""
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    return float("inf")
