"""What claims are called on the site: their short name, or that of a step, in a few words."""

from linear_distillation.claims import REGISTRY

# Steps of proofs and companions; main statements have their name from the map.
STEPS = {
    "theorem-1-teacher": "enough examples: the teacher",
    "best-approximation": "nearest to the teacher",
    "steps-on-the-line": "steps of descent stay balanced",
    "deep-potential": "deep: what the limit minimises",
    "theorem-2-sign-flip": "one of two signs will do",
    "theorem-3-split": "Theorem 3, sum of both parts",
    "theorem-3-decomposition": "Theorem 3, hard and easy examples",
    "theorem-3-independence": "Theorem 3, independence",
    "theorem-3-symmetry": "Theorem 3, lengths and signs",
    "theorem-3-easy": "Theorem 3, one good example",
    "theorem-3-infimum": "the computed infimum",
    "bounded-margin": "bounded data with a margin",
    "corollary-2-scalar": "Corollary 2, an inequality",
    "integral-bound-margin": "integral bound with a margin",
    "isotropic-tail": "isotropic data: the tail",
    "isotropic-risk": "isotropic data: the risk",
    "integral-bound-power": "integral bound for a power",
    "uniform-angle-infimum": "uniform angles: the infimum",
    "exact-risk-data": "exact risk against drawn data",
    "angle-chain-data": "the chain against drawn data",
    "tail-of-sampler": "tails fit their samplers",
    "trend-data-geometry": "the trend of Figure 3",
    "biased-minimise": "biased students minimise too",
    "trend-bias": "the trend of Figure 4",
    "hard-label-kkt": "the largest margin",
    "trend-monotonicity": "the trend of Figure 5",
    "gradient": "the gradient",
    "hessian": "the Hessian",
    "descent": "the loss falls",
    "distance-from-loss": "from loss to distance",
    "sharp-pl": "a sharper constant for the gradient",
    "growth": "a sharper constant for the distance",
    "flow-in-the-span": "the flow stays in the span",
    "descent-deep": "deep: the loss falls",
    "first-layer": "what the first layer keeps",
    "imbalance-kept": "imbalance is kept",
    "saddle-distance": "distance from the saddle",
    "certified-rate-deep": "deep: rate",
    "sublevel-invariance": "deep: away from zero",
    "norm-bound": "deep: the final length",
    "theorem-2-teacher": "deep: enough examples",
    "gaussian-tail": "Gaussian data: the tail",
    "gaussian-data": "Gaussian data: tail and risk",
    "empirical-band": "a band around the counted tail",
    "bounds-grow-with-p": "a larger tail, a larger bound",
    "integral-dominance": "the integral beats every split",
    "integral-bound-rate": "integral bound: its rate",
    "power-law-4": "the power law, up to 4",
    "one-lean": "one lean for all",
    "leaning-power": "a power law for data that lean",
    "angle-moments": "moments of the angle",
    "angle-moments-pair": "moments of the angle, two examples",
    "parallel-factor-limit": "how near it is, in the limit",
    "mean-cotangent": "the mean conductance",
    "parallel-ordered": "examples in any order",
    "chi-square-law": "a chi-square law",
    "simplex-factor": "examples of a simplex",
    "tangent-concentrates": "all angles at once",
    "vanishing-noise-limit": "clusters of no width",
    "risk-never-rises": "more data, never worse",
    "rise-by-exchange": "the rise, by exchange",
    "two-thirds": "a rise of two thirds",
    "lever-risk": "a lever of n + 1 examples",
    "students-alike": "students that do not change",
    "error-is-a-slope": "the error is a slope",
    "isotropic-spectrum": "the spectrum of isotropic data",
    "chi-square-spectrum": "the spectrum of one long direction",
}


def name_of(claim):
    """A claim in a few words; its id in words where nobody has named it yet."""
    name = claim.short or STEPS.get(claim.id) or claim.id.replace("-", " ")
    return name[0].upper() + name[1:]


def slug(claim):
    """The end of the address of the page with a claim's entry."""
    return claim.chapter.rpartition("/")[2]


def page_of(claim):
    """The page of the ledger with a claim's entry."""
    return f"book/ledger/{slug(claim)}"


def named(name):
    """The name of the claim of an id."""
    return name_of(REGISTRY[name])
