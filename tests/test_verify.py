"""The command line, and deliberately wrong library code that it must catch."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from linear_distillation import __main__ as cli
from linear_distillation import bounds, chain, flow, objective
from linear_distillation.claims import REGISTRY, Claim, beyond, how_fast
from linear_distillation.laws import PowerLaw


def verify(*arguments):
    return cli.main(["verify", *arguments])


def test_true_claims_pass(capsys):
    assert verify("corollary-2-scalar", "theorem-3-easy") == 0
    out = capsys.readouterr().out
    assert out.count("pass 3/3") == 2 and "Nothing failed." in out
    assert "False-alarm rate of the run 1e-06" in out


def test_json_has_the_stated_form(capsys, tmp_path, monkeypatch):
    waiting = Claim("waiting", "nowhere", "A statement without a check.", underived="not yet")
    monkeypatch.setitem(REGISTRY, waiting.id, waiting)
    assert verify("corollary-2-scalar", "waiting", "--json", "--output", str(tmp_path / "a/e")) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads((tmp_path / "a/e").read_text())
    assert report["seed"] == 0 and report["false_alarm_rate"] == 1e-6
    scalar, stated = report["claims"]
    assert (scalar["id"], scalar["paper"]) == ("corollary-2-scalar", "Proof of Corollary 2")
    assert set(scalar["evidence"]) == set(cli.KINDS)
    verdicts = {"pass", "fail", "unknown", "not applicable"}
    assert {kind["verdict"] for kind in scalar["evidence"].values()} <= verdicts
    assert stated["evidence"]["sampling"] == {"verdict": "unknown", "reason": "not yet checked"}


def test_workers_and_order_do_not_change_verdicts(capsys):
    ids = ["theorem-3-19", "corollary-1", "integral-dominance"]
    verify(*ids, "--json")
    one = json.loads(capsys.readouterr().out)["claims"]
    verify(*reversed(ids), "--json", "--jobs", "2")
    two = json.loads(capsys.readouterr().out)["claims"]
    assert one == two[::-1]


def test_an_unknown_claim_is_a_bad_argument(capsys):
    with pytest.raises(SystemExit) as stop:
        verify("lema-1")
    assert stop.value.code == 2
    assert "near: lemma-1" in capsys.readouterr().err


@pytest.mark.parametrize("bad", [["--budget", "huge"], ["--seed", "-1"], ["--jobs", "two"]])
def test_bad_options(bad, capsys):
    with pytest.raises(SystemExit) as stop:
        verify(*bad)
    assert stop.value.code == 2


def test_list_names_every_claim(capsys):
    assert cli.main(["list"]) == 0
    out = capsys.readouterr().out
    assert all(claim in out for claim in REGISTRY)


def test_replay_rebuilds_the_worst_case(capsys):
    verify("corollary-2", "--replay")
    lines = capsys.readouterr().out.splitlines()
    code = "\n".join(line.strip() for line in lines if line.startswith("      "))
    exec(code)
    assert "'kappa'" in capsys.readouterr().out


def test_interrupting_keeps_what_was_printed():
    command = [
        sys.executable,
        "-u",
        "-m",
        "linear_distillation",
        "verify",
        "lemma-1",
        "angle-chain",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        first = process.stdout.readline() + process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert b"lemma-1" in first
    assert process.returncode == 130 and b"what is printed above stands" in error


# Wrong library code


def off_by_a_percent(X, w_star):
    w = np.array(DISTILLED(X, w_star))
    w[..., 0] *= 1.01
    return w


DISTILLED = how_fast.distilled_student


def right_limits(law):
    """Jumps of p passed on their wrong side: the sliver between two of them is used."""
    beta = np.concatenate([law.knots, np.pi / 2 - np.asarray(law.knots)]) + 1e-14
    return min(law(b) + law(np.pi / 2 - b + 2e-14) ** 1 for b in beta)


def wrong_side(tail, n):
    right = THEOREM_3(tail, n)
    if n > 1 or not len(tail.knots):
        return right
    return min(right, bounds.SplitBound(float(right_limits(tail)), 0.5))


def coarse(tail, n):
    beta = np.linspace(0, np.pi / 2, 33)
    values = tail(beta) + tail.near(beta) ** n
    return bounds.SplitBound(float(values.min()), float(beta[values.argmin()]))


def one_more(tail, n):
    return THEOREM_3(tail, n + 1)


THEOREM_3 = bounds.theorem3_bound


def wider_chain(task, n, n_sets, rng):
    return CHAIN(beyond.one_more_dimension(task), n, n_sets, rng)


CHAIN = chain.student_angles


def steeper(a):
    return 1.02 * CURVATURE(a)


CURVATURE = objective.curvature


def labels_of_differences(a, a_star, gap):
    return objective.sigmoid(gap) - 0.5


def largest(X):
    return np.linalg.norm(X, 2) ** 2


def one_column_less(X):
    U, rank = SPAN_BASIS(X)
    return U[:, :-1], rank - 1


SPAN_BASIS = flow.span_basis


@pytest.mark.parametrize(
    "claim, place, name, wrong",
    [
        ("theorem-3-18", how_fast, "distilled_student", off_by_a_percent),
        (
            "tail-of-sampler",
            PowerLaw,
            "_near",
            lambda law, psi: (2 * psi / np.pi) ** (law.kappa + 1),
        ),
        ("theorem-3-19", bounds, "theorem3_bound", wrong_side),
        ("theorem-3-infimum", bounds, "theorem3_bound", coarse),
        ("angle-chain", beyond, "student_angles", wider_chain),
        ("theorem-3-19", bounds, "theorem3_bound", one_more),
        ("gradient", objective, "label_gap", labels_of_differences),
        ("hessian", objective, "curvature", steeper),
        ("theorem-A3", objective, "smallest_eigenvalue", largest),
        ("theorem-1-projection", flow, "span_basis", one_column_less),
    ],
    ids=[
        "student",
        "tail",
        "wrong side",
        "coarse grid",
        "chain",
        "n + 1",
        "gradient",
        "Hessian",
        "eigenvalue",
        "flow",
    ],
)
def test_wrong_library_code_is_caught(monkeypatch, capsys, claim, place, name, wrong):
    monkeypatch.setattr(place, name, wrong)
    assert verify(claim, "--budget", "quick") == 1
    assert "the worst case" in capsys.readouterr().out
