"""What every adapter does first: make the package importable, send messages to the rule's log."""

import contextlib
import logging
import sys
import warnings
from pathlib import Path

# A rule's own environment holds the libraries but not this package, and Snakemake clears PYTHONPATH there.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


@contextlib.contextmanager
def adapter(snakemake):
    """Write messages and errors to the rule's log, and end an expected error without a traceback."""
    from xpresso_core.errors import XpressoError

    with Path(snakemake.log[0]).open("w", encoding="utf-8") as log, contextlib.redirect_stderr(log):
        logging.basicConfig(stream=log, level=logging.INFO, format="%(asctime)s %(message)s", force=True)
        logging.captureWarnings(capture=True)
        warnings.simplefilter("default")
        try:
            yield
        except XpressoError as error:
            log.write(f"error: {error}\n")
            sys.__stderr__.write(f"error in rule {snakemake.rule}: {error}\n")
            raise SystemExit(1) from None
