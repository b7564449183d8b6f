"""Certificates: claims that are proved by enclosures, by the claim's id."""

from ...certify import Certificate
from ...certify import examine as _examine
from . import deep, loss, parallel, split

CERTIFICATES: dict[str, Certificate] = {**split.CERTIFICATES, **loss.CERTIFICATES, **deep.CERTIFICATES, **parallel.CERTIFICATES}


def examine(claim_id):
    """The verdict on the certificate of a claim, as data: see `certify.examine`."""
    if claim_id not in CERTIFICATES:
        raise KeyError(f"claim_id: {claim_id!r} has no certificate")
    return _examine(CERTIFICATES[claim_id])


__all__ = ["CERTIFICATES", "examine"]
