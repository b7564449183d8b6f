"""Certificates: claims that are proved by enclosures, by the claim's id."""

from . import certificate, deep, loss, parallel, split
from .certificate import Certificate

CERTIFICATES: dict[str, Certificate] = (
    split.CERTIFICATES | loss.CERTIFICATES | deep.CERTIFICATES | parallel.CERTIFICATES
)


def examine(claim_id):
    """The verdict on the certificate of a claim, as data: see `certificate.examine`.

    Parameters
    ----------
    claim_id : str
        A key of ``CERTIFICATES``.

    Returns
    -------
    dict
    """
    if claim_id not in CERTIFICATES:
        raise KeyError(f"claim_id: {claim_id!r} has no certificate")
    return certificate.examine(CERTIFICATES[claim_id])


__all__ = ["CERTIFICATES", "Certificate", "examine"]
