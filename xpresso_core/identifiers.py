"""Gene and transcript identifiers, as different tables write them."""

from __future__ import annotations

import re

# GENCODE adds the number of the mapping to versions on GRCh37: ENSG00000141510.17_2.
_ENSEMBL_VERSION = re.compile(r"^(ENS[A-Z]*\d+)\.\d+(_\d+)?")


def strip_version(identifier: str) -> str:
    """Return an Ensembl identifier without its version; other identifiers and the suffix ``_PAR_Y`` stay."""
    return _ENSEMBL_VERSION.sub(r"\1", identifier)
