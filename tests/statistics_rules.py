"""Pass rules for random quantities: each has a false-alarm rate, none a tuned tolerance."""

import scipy.stats

FALSE_ALARM = 1e-6  # of one comparison


def agrees(estimate, value, stderr=0.0):
    """Whether a mean lies where chance puts it around `value`, except once in a million."""
    spread = (estimate.stderr**2 + stderr**2) ** 0.5
    return abs(estimate.mean - value) <= scipy.stats.norm.isf(FALSE_ALARM / 2) * spread


def same_law(x, y):
    """Two-sample Kolmogorov-Smirnov test."""
    return scipy.stats.ks_2samp(x, y).pvalue > FALSE_ALARM


def follows(x, cdf):
    """One-sample Kolmogorov-Smirnov test."""
    return scipy.stats.kstest(x, cdf).pvalue > FALSE_ALARM
