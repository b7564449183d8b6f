"""ReLU networks: gradients, tangent kernels, training, and what is refused."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.neural_network import MLPRegressor

from linear_distillation.flow import ConvergenceWarning
from linear_distillation.kernels import arc_cosine_kernel, kernel_student, relu_tangent_kernel
from linear_distillation.relu import ReluNetworks


def rng(seed=0):
    return np.random.default_rng(seed)


X, TEST = rng(0).standard_normal((12, 4)) / 2, rng(1).standard_normal((50, 4)) / 2
Z = 2 * np.sin(X @ [1, -1, 2, 0.5])
SHAPES = [(5,), (6, 3), (4, 5, 3)]


def networks(widths=(5,), copies=3, seed=2, **keywords):
    return ReluNetworks(4, widths, copies, rng(seed), **keywords)


def by_hand(weights, scale, X):
    """Of one network, layer by layer."""
    h = X
    for W in weights[:-1]:
        h = np.sqrt(2 / len(W)) * np.maximum(h @ W.T, 0)
    return scale * (h @ weights[-1].T)[:, 0]


@pytest.mark.parametrize("widths", SHAPES)
def test_logits_are_those_of_the_formula(widths):
    nets = networks(widths, scale=1.5, centred=False)
    for i in range(3):
        weights = [W[i] for W in nets.weights]
        assert nets(TEST)[i] == pytest.approx(by_hand(weights, 1.5, TEST))
    assert nets.start(TEST) == pytest.approx(nets(TEST))
    assert not networks(widths)(TEST).any()
    own = np.stack([TEST, TEST + 1, -TEST])
    assert nets(own)[1] == pytest.approx(nets(TEST + 1)[1])


def test_one_layer_is_that_of_scikit_learn():
    nets = networks((5,), copies=1, centred=False)
    theirs = MLPRegressor(hidden_layer_sizes=(5,)).partial_fit(X, Z)
    W, v = (W[0] for W in nets.weights)
    theirs.coefs_ = [W.T, v.T * np.sqrt(2 / 5)]
    theirs.intercepts_ = [np.zeros(5), np.zeros(1)]
    assert nets(TEST)[0] == pytest.approx(theirs.predict(TEST))


@pytest.mark.parametrize("widths", SHAPES)
def test_tangent_kernel_by_differences(widths):
    nets = networks(widths, copies=2, scale=0.7)
    flat = np.concatenate([W[1].ravel() for W in nets.weights])
    cuts = np.cumsum([W[1].size for W in nets.weights])[:-1]

    def logits(flat):
        parts = np.split(flat, cuts)
        return by_hand(
            [p.reshape(W[1].shape) for p, W in zip(parts, nets.weights, strict=True)], 0.7, TEST[:5]
        )

    J = np.array([(logits(flat + e) - logits(flat - e)) / 2e-6 for e in 1e-6 * np.eye(flat.size)])
    assert nets.tangent_kernel(TEST[:5], TEST[:5])[1] == pytest.approx(J.T @ J, abs=1e-7)
    table = nets.tangent_kernel(TEST[:5], TEST[:2])
    assert table == pytest.approx(nets.tangent_kernel(TEST[:5], TEST[:5])[:, :, :2])
    # of degree one in every layer: Euler's identity, by which f is in its own tangent space
    assert J.T @ flat == pytest.approx(len(nets.weights) * logits(flat), abs=1e-7)


@pytest.mark.parametrize("widths", [(400,), (300, 300)])
def test_many_random_networks_have_the_limits(widths):
    """Of the tangent kernel and of the initial output, within five standard errors."""
    nets = ReluNetworks(4, widths, 400, rng(3), scale=1.5)
    found = nets.tangent_kernel(X[:3], X[:3])
    limit = 1.5**2 * relu_tangent_kernel(len(widths) + 1)(X[:3], X[:3])
    assert (abs(found.mean(axis=0) - limit) < 5 * found.std(axis=0) / 20 + 0.02 * limit).all()
    f = nets.start(X[:3])
    products = f[:, :, None] * f[:, None]
    error = products.std(axis=0) / 20
    k = X[:3], X[:3]
    covariance = arc_cosine_kernel(1)(*k) if len(widths) == 1 else None
    if covariance is None:
        deep, less = relu_tangent_kernel(3)(*k), relu_tangent_kernel(2)(*k)
        lengths = np.linalg.norm(X[:3], axis=1)
        cosines = arc_cosine_kernel(1)(*k) / np.outer(lengths, lengths)
        covariance = deep - less * (np.pi - np.arccos(np.clip(cosines, -1, 1))) / np.pi
    assert (abs(products.mean(axis=0) - 1.5**2 * covariance) < 5 * error + 1e-3).all()


@pytest.mark.parametrize("adam", [False, True])
@pytest.mark.parametrize("widths", SHAPES[:2])
def test_the_first_step_follows_the_gradient(widths, adam):
    nets = networks(widths, centred=False)
    y = expit(Z)
    with pytest.warns(ConvergenceWarning):
        after = nets.train(X, y, steps=1, adam=adam, rate=1e-4).networks

    def loss(flat, i):
        parts = np.split(flat, np.cumsum([W[i].size for W in nets.weights])[:-1])
        weights = [p.reshape(W[i].shape) for p, W in zip(parts, nets.weights, strict=True)]
        f = by_hand(weights, 1.0, X)
        return np.mean(np.logaddexp(0, f) - y * f)

    for i in range(3):
        flat = np.concatenate([W[i].ravel() for W in nets.weights])
        moved = np.concatenate([W[i].ravel() for W in after.weights]) - flat
        slope = np.array(
            [(loss(flat + e, i) - loss(flat - e, i)) / 2e-6 for e in 1e-6 * np.eye(flat.size)]
        )
        if adam:
            clear = abs(slope) > 1e-4
            assert moved[clear] == pytest.approx(-1e-4 * np.sign(slope[clear]), rel=1e-3)
        else:
            top = np.linalg.eigvalsh(nets.tangent_kernel(X, X)[i])[-1]
            assert moved == pytest.approx(-1e-4 * 4 * len(X) / top * slope, abs=1e-9)


def test_training_ends_at_the_labels():
    nets = networks((64,), centred=False)
    for y in (expit(Z), np.stack([expit(Z), expit(-Z), expit(0 * Z)])):
        done = nets.train(X, y, tol=1e-4)
        gap = expit(done.networks(X)) - y
        assert np.sqrt((gap**2).mean(axis=-1)) == pytest.approx(done.residual)
        assert (done.residual <= 1e-4).all()
        assert (done.steps > 10).all() and len(set(done.steps)) > 1
    assert np.array_equal(done.networks.start(X), nets(X))  # which are as they were


def test_each_network_may_have_examples_of_its_own():
    sets = np.stack([X, X[::-1] + 0.1, -X])
    labels = expit(np.stack([Z, -Z, Z]))
    together = networks((64,)).train(sets, labels)
    for i in range(3):
        alone = networks((64,))
        alone._start = alone._weights = [W[[i]] for W in alone._weights]
        done = alone.train(sets[i], labels[i])
        assert done.steps == together.steps[i]
        assert done.networks(TEST)[0] == pytest.approx(together.networks(TEST)[i], abs=1e-6)


def test_wide_networks_are_the_kernel_student():
    """The distance falls like one over the root of the width, from every start."""
    student = kernel_student(relu_tangent_kernel(2), X, Z)(TEST)
    size, distance = np.sqrt((student**2).mean()), []
    for m in (32, 512):
        nets = networks((m,), copies=8)
        gap = nets.train(X, expit(Z), tol=1e-4).networks(TEST) - student
        distance.append(np.sqrt((gap**2).mean()) / size)
    assert distance[1] < 0.2
    assert 0.3 < np.log(distance[0] / distance[1]) / np.log(16) < 0.8


def test_what_is_not_subtracted_stays_outside_the_span():
    k = relu_tangent_kernel(2)
    nets = networks((2000,), copies=2, scale=2.0, centred=False)
    f = nets.train(X, expit(Z), tol=1e-4).networks(TEST)
    f0, f0_x = nets.start(TEST), nets.start(X)
    theory = f0 + (Z - f0_x) @ np.linalg.solve(k(X, X), k(X, TEST))
    plain = kernel_student(k, X, Z)(TEST)
    assert np.abs(f - theory).mean() < 0.15 * np.abs(f - plain).mean()


TOLD = {
    "widths: expected at least": lambda: networks(()),
    "X: expected shape (n, 4)": lambda: networks()(X[:, :3]),
    "X: expected shape": lambda: networks()(X[0]),
    "X: holds NaN": lambda: networks()(X * np.nan),
    "X: the result leaves": lambda: networks(centred=False)(X * 1e308),
    "A: expected shape": lambda: networks().tangent_kernel(X.T, X),
    "B: expected shape": lambda: networks().tangent_kernel(X, X.T),
    "labels: expected shape": lambda: networks().train(X, expit(Z)[:3]),
    "labels: expected probabilities": lambda: networks().train(X, Z),
    "labels: expected real": lambda: networks().train(X, ["1"] * 12),
    "steps: ": lambda: networks().train(X, expit(Z), steps=0),
    "tol: ": lambda: networks().train(X, expit(Z), tol=0.0),
    "rate: expected": lambda: networks().train(X, expit(Z), rate=-1.0),
    "rate: training diverged": lambda: networks((50,)).train(X, expit(Z), rate=1e200),
    "adam: ": lambda: networks().train(X, expit(Z), adam=1),
}


@pytest.mark.parametrize("message", TOLD)
def test_it_is_told(message):
    with pytest.raises((ValueError, TypeError)) as caught:
        TOLD[message]()
    assert str(caught.value).startswith(message)


def test_time_that_is_over_is_told():
    with pytest.warns(ConvergenceWarning, match="ended at a residual"):
        done = networks().train(X, expit(Z), steps=2)
    assert (done.steps == 2).all() and (done.residual > 1e-3).all()
