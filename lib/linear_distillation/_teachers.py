"""Teachers that are fitted models: their features, their logits, whether they have an intercept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._checks import as_finite

if TYPE_CHECKING:
    from typing import Any

    from ._rows import Given
    from ._types import Floats


def taught(model: Any, X: Given, floor: float | None = None) -> tuple[Given, Floats, bool | None]:
    """Features and logits of rows X, and whether the logits need an intercept.

    A pipeline that ends in a linear model is taken apart: its last step teaches, on what the
    others make of X.

    Raises
    ------
    TypeError
        If the model has neither coefficients nor a decision function nor probabilities.
    """
    last = _linear_end(model)
    if last is None:
        return X, logits_of(model, X, floor), None
    if last is not model:
        X = model[:-1].transform(X)
    return X, logits_of(last, X, floor), bool(np.any(getattr(last, "intercept_", 0.0)))


def _linear_end(model: Any) -> Any:
    """The linear model that this one is, or ends in."""
    if hasattr(model, "steps") and hasattr(model, "__getitem__"):
        model = model.steps[-1][1]
    return model if hasattr(model, "coef_") and hasattr(model, "decision_function") else None


def logits_of(model: object, X: Given, floor: float | None = None) -> Floats:
    """Logits (N,) or (N, C) of a fitted model, by the first of its methods that there is."""
    classes = np.size(getattr(model, "classes_", ()))
    if hasattr(model, "decision_function"):
        logits = np.asarray(model.decision_function(X))
        if logits.ndim == 2 and classes and logits.shape[1] != classes:
            raise ValueError(
                f"model: its decision function has {logits.shape[1]} columns for {classes} "
                "classes, one a pair; ask for one a class (decision_function_shape='ovr')"
            )
        return logits
    if hasattr(model, "predict_log_proba"):
        with np.errstate(divide="ignore"):  # of probabilities of 0, which are told
            return _from_logs(np.asarray(model.predict_log_proba(X)), floor)
    if hasattr(model, "predict_proba"):
        with np.errstate(divide="ignore"):
            return _from_logs(np.log(model.predict_proba(X)), floor)
    raise TypeError(
        f"model: expected decision_function or predict_log_proba, got {type(model).__name__}"
    )


def _from_logs(logs: Floats, floor: float | None) -> Floats:
    """Logits of logarithms of probabilities (N, C); `floor` is mixed in where some are 0."""
    if logs.ndim != 2 or logs.dtype.kind != "f" or np.isnan(logs).any():
        raise ValueError(f"model: expected probabilities of shape (N, C), got {logs.shape}")
    if floor is not None:
        floor = float(as_finite("floor", floor, ndim=0))
        if not 0 < floor < 1:
            raise ValueError(f"floor: expected a number in (0, 1), got {floor}")
        logs = np.log((1 - floor) * np.exp(logs) + floor / logs.shape[1])
    elif np.isinf(logs).any():
        raise ValueError(
            f"model: row {np.argwhere(np.isinf(logs))[0, 0]} has a class of probability 0, whose "
            "logit is infinite; give floor, a share of uniform probabilities to mix in"
        )
    return logs[:, 1] - logs[:, 0] if logs.shape[1] == 2 else logs
