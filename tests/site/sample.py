"""The sample of the figure *Your own teacher*: breast cancer data with the logits of a model."""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

SOURCE = """\
/* Features: Breast Cancer Wisconsin (Diagnostic), W. Wolberg, O. Mangasarian, N. Street and
   W. Street (1995), UCI Machine Learning Repository, CC BY 4.0, as scikit-learn ships them.
   Logits: a logistic regression on standardised columns. Written by tests/site/sample.py. */
window.Explore.ownSample = {{ name: "breast-cancer.csv", text: `{text}` }};
"""


def table():
    """Header and rows; the logits are linear in the features to ten digits."""
    data = load_breast_cancer()
    scaler = StandardScaler().fit(data.data)
    model = LogisticRegression(max_iter=5000).fit(scaler.transform(data.data), data.target)
    weights = np.round(model.coef_[0], 2) / np.array([float(f"{s:.3g}") for s in scaler.scale_])
    logits = (data.data - np.round(scaler.mean_, 4)) @ weights + round(model.intercept_[0], 2)
    names = [name.replace(" ", "_") for name in data.feature_names]
    return [*names, "logit"], np.c_[data.data, logits]


def script():
    header, rows = table()
    lines = [",".join(f"{x:.10g}" for x in row) for row in rows]
    return SOURCE.format(text="\n".join([",".join(header), *lines, ""]))
