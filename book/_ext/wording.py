"""Names of mutants and hypotheses, plain words in the code, as a reader wants them."""

import re

LETTERS = dict(
    alpha="α", beta="β", gamma="γ", delta="δ", eps="ε", eta="η", theta="θ", kappa="κ", mu="μ",
    rho="ϱ", sigma="σ", phi="φ", omega="ω", pi="π", Gamma="Γ", grad="∇", w_hat="ŵ", w_star="w⋆",
)  # fmt: skip
LETTERS["lambda"] = "λ"
SIGNS = [
    (r"\b(\w+)\b", lambda word: LETTERS.get(word[0], word[0])),
    (r"\b(gamma|lambda|kappa|sigma)(?=_)", lambda word: LETTERS[word[0]]),
    (r"∇ ", "∇"),
    (r"\bX'", "X<sup>⊤</sup>"),
    (r"p~", "p̃"),
    (r"sqrt\(", "√("),
    (r">=", "≥"),
    (r"<=", "≤"),
    (r"\^\(([^()]*)\)|\^(-?[\w.]+)", lambda found: f"<sup>{found[1] or found[2]}</sup>"),
    (r"_(\w+)", r"<sub>\1</sub>"),
    (r"(?<![\w)])-(?=[\w∇])|(?<=[\w)])-(?=\d)| - ", lambda found: found[0].replace("-", "−")),
    (r"(?<=\d) %", "\N{NO-BREAK SPACE}%"),
]


def readable(name):
    """A name with letters and signs for their words: "2 mu for mu" is "2 μ for μ"."""
    for pattern, sign in SIGNS:
        name = re.sub(pattern, sign, name)
    return name
