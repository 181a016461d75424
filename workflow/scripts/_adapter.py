"""What every adapter does first: make the package importable, send all messages to the rule's log."""

import contextlib
import logging
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A rule's own environment holds the libraries but not this package, and Snakemake clears PYTHONPATH there.
sys.path.insert(0, str(ROOT))


@contextlib.contextmanager
def adapter(snakemake):
    """Send standard error to the rule's log; end an expected error with its one line and no traceback.

    The stream itself is redirected, for good: what libraries write below Python goes to the log too, and so
    does the traceback of an error that nobody expected.
    """
    from xpresso_core.errors import XpressoError

    terminal = os.fdopen(os.dup(2), "w")
    with Path(snakemake.log[0]).open("w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", force=True)
    logging.captureWarnings(capture=True)
    try:
        yield
    except XpressoError as error:
        logging.error("error: %s", error)
        terminal.write(f"error in rule {snakemake.rule}: {error}\n")
        raise SystemExit(1) from None
