"""Which statement rests on which: the claims that its proof in this book uses."""

RESTS_ON = {
    # The loss
    "loss-minimum": (),
    "gradient": (),
    "minimisers": ("loss-minimum",),
    "hessian": ("gradient",),
    "hessian-bound": ("hessian",),
    "theorem-A3": ("hessian",),
    "corollary-A1": ("theorem-A3",),
    # What the student learns
    "theorem-1-projection": ("gradient", "minimisers"),
    "theorem-1-teacher": ("gradient", "minimisers"),
    "minimum-norm": ("minimisers",),
    "temperature": ("theorem-1-projection", "hessian"),
    "theorem-2-projection": ("sublevel-invariance", "orthogonal-part", "norm-bound"),
    "theorem-2-teacher": ("sublevel-invariance", "corollary-A1"),
    "theorem-2-sign-flip": ("gradient", "hessian-bound"),
    "sharp-initialisation": ("sublevel-invariance", "orthogonal-part"),
    # How fast
    "lemma-1": (),
    "theorem-3-18": (),
    "theorem-3-decomposition": (),
    "theorem-3-easy": ("lemma-1",),
    "theorem-3-independence": (),
    "theorem-3-symmetry": (),
    "theorem-3-split": (
        "theorem-3-decomposition",
        "theorem-3-easy",
        "theorem-3-independence",
        "theorem-3-symmetry",
    ),
    "theorem-3-19": ("theorem-3-split",),
    "theorem-3-infimum": (),
    "corollary-1": ("theorem-3-19",),
    "corollary-2-scalar": (),
    "corollary-2": ("theorem-3-19", "corollary-2-scalar"),
    "theorem-3-tight": ("theorem-3-19",),
    "isotropic-tail": (),
    "isotropic-risk": (),
    "isotropic-vacuous": ("theorem-3-19", "isotropic-tail"),
    "risk-never-rises": ("lemma-1",),
    # Why it works
    "tail-of-sampler": (),
    "trend-data-geometry": ("exact-risk", "angle-chain"),
    "integral-bound": ("theorem-3-easy", "theorem-3-independence", "theorem-3-symmetry"),
    "integral-dominance": ("integral-bound", "theorem-3-split"),
    "integral-bound-power": ("integral-bound",),
    "integral-bound-margin": ("integral-bound",),
    "uniform-angle-infimum": ("theorem-3-19",),
    "exact-risk": (),
    "exact-risk-data": ("exact-risk",),
    "angle-chain": (),
    "angle-chain-data": ("angle-chain",),
    "biased-minimise": ("minimisers",),
    "trend-bias": ("biased-minimise",),
    "bias-never-helps": (),
    "lemma-1-strict": ("lemma-1",),
    "risk-monotone-in-angle": (),
    "hard-label-kkt": (),
    "trend-monotonicity": ("lemma-1", "biased-minimise", "hard-label-kkt"),
    # Rates
    "descent": ("gradient",),
    "distance-from-loss": ("theorem-A3",),
    "flow-in-the-span": ("gradient",),
    "certified-rate": ("descent", "corollary-A1", "distance-from-loss", "flow-in-the-span"),
    "sharp-pl": ("gradient",),
    "growth": ("loss-minimum",),
    "finite-steps": ("minimisers", "hessian-bound", "flow-in-the-span"),
    "theorem-C1": ("gradient",),
    "sublevel-invariance": ("theorem-C1",),
    "orthogonal-part": ("theorem-C1",),
    "norm-bound": ("orthogonal-part",),
    # Students that are only near
    "lemma-D1": (),
    "lemma-D1-sharp": (),
    "theorem-D1-integral": ("lemma-1", "theorem-3-independence"),
    "theorem-D1": ("theorem-D1-integral",),
    "bounds-grow-with-p": (),
    "gaussian-tail": (),
    "gaussian-data": ("gaussian-tail",),
    "empirical-band": (),
    # Beyond the paper
    "margin-one-more": ("integral-bound",),
    "more-data-can-hurt": (),
    "when-it-cannot-hurt": ("lemma-1", "risk-monotone-in-angle"),
    "parallel-law": ("lemma-1",),
    "parallel-bound": ("parallel-law",),
    "parallel-envelope": ("parallel-law", "exact-risk"),
    "power-law": ("parallel-law",),
}

# The main statements, with a name for each; the rest are steps and companions of these.
MAIN = {
    "loss-minimum": "the loss",
    "minimisers": "all minimisers",
    "hessian-bound": "curvature",
    "theorem-A3": "strong convexity",
    "corollary-A1": "gradient dominance",
    "theorem-1-projection": "one layer: limit",
    "theorem-2-projection": "deep: near the limit",
    "minimum-norm": "shortest minimiser",
    "temperature": "temperature",
    "sharp-initialisation": "how small a start",
    "lemma-1": "the angle only falls",
    "theorem-3-18": "no error from d on",
    "theorem-3-19": "how fast",
    "corollary-1": "a margin",
    "corollary-2": "a power",
    "theorem-3-tight": "(19) is tight",
    "isotropic-vacuous": "isotropic data",
    "integral-bound": "no need to split",
    "exact-risk": "exact risk",
    "angle-chain": "the angle's chain",
    "bias-never-helps": "no other bias helps",
    "lemma-1-strict": "one example's worth",
    "risk-monotone-in-angle": "risk follows angle",
    "certified-rate": "one layer: rate",
    "finite-steps": "gradient descent",
    "theorem-C1": "layers as one vector",
    "orthogonal-part": "what the data miss",
    "lemma-D1": "distance to angle",
    "lemma-D1-sharp": "the sharp angle",
    "theorem-D1": "near students",
    "theorem-D1-integral": "near, without split",
    "margin-one-more": "one example more",
    "more-data-can-hurt": "more data can hurt",
    "when-it-cannot-hurt": "when it cannot",
    "parallel-law": "the parallel law",
    "parallel-bound": "a bound with d",
    "parallel-envelope": "its envelope",
    "power-law": "the power law",
}


def foundations(name):
    """The main statements that a claim rests on, directly or through its steps.

    Parameters
    ----------
    name : str
        Id of a claim.

    Returns
    -------
    set of str
        Ids of `MAIN`, none of them reached only through another one.
    """
    found = set()
    for below in RESTS_ON[name]:
        found |= {below} if below in MAIN else foundations(below)
    return found
