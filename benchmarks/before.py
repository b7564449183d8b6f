"""The plain ways, kept to be timed beside what replaced them, in the same run."""

import numpy as np
import scipy

import linear_distillation as ld
from linear_distillation.chain import draw_sets


def angle_risks(angles, atoms, dim):
    """Risks of a staircase in (0, pi/2): for each angle the mean over its atoms of P[B > ratio]."""
    ratio = (np.tan(np.pi / 2 - atoms) / np.tan(angles)[:, None]) ** 2
    chance = scipy.special.betaincc(0.5, (dim - 2) / 2, np.minimum(ratio, 1))
    return chance.mean(axis=1) / 2


def drawn_and_projected(task, n, n_sets, rng):
    """The mean risk of students of drawn examples, each by least squares."""
    sets = draw_sets(task, n, n_sets, rng)
    students = [np.linalg.lstsq(X.T, X.T @ task.teacher)[0] for X in sets]
    return float(np.mean([ld.transfer_risk(w, task) for w in students]))


def students(sets):
    """The least-squares student of every set of rows (n, d) and logits (n,), one at a time."""
    return [np.linalg.lstsq(A, z)[0] for A, z in sets]
