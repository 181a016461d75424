"""The subcommand on the registry of sources: ``xpresso sources check``."""

from __future__ import annotations

import argparse
import sys

from xpresso_core.cli_command import Command, say

_EPILOG = """\
what comes out
  One line per source: id, status, detail, url. The status is reachable, changed (not what the lock file or the
  registry recorded), missing, unreachable, or unknown data folder. Nothing is downloaded, and the exit status
  is 0 whatever the sources are like.

examples
  xpresso sources check
  xpresso sources check human_cage_peaks_hg38 hg38_to_hg19_chain
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=["check"], help="check: ask which sources are there, and which changed"
    )
    parser.add_argument("ids", metavar="ID", nargs="*", help="ids of the registry (default: all)")
    parser.add_argument(
        "--registry",
        metavar="SOURCES.tsv",
        default="config/sources.tsv",
        help="(default: config/sources.tsv)",
    )
    parser.add_argument(
        "--lock",
        metavar="LOCK.tsv",
        default="resources/sources.lock.tsv",
        help="what was seen at the first download (default: resources/sources.lock.tsv)",
    )
    parser.add_argument(
        "--data-dir", metavar="FOLDER", help="the data folder (default: environment variable XPRESSO_DATA)"
    )


def _check(arguments: argparse.Namespace) -> None:
    from pathlib import Path

    from xpresso_core.sources import read_registry
    from xpresso_core.sources_check import check_sources

    table = check_sources(
        read_registry(arguments.registry),
        data_dir=arguments.data_dir,
        lock=Path(arguments.lock),
        ids=arguments.ids or None,
    )
    table.to_csv(sys.stdout, sep="\t", index=False)
    counts = table["status"].value_counts()
    say(", ".join(f"{number} {status}" for status, number in counts.items()))


SOURCES_COMMANDS = (
    Command(
        "sources",
        "say which sources of the registry are reachable, and which have changed",
        _EPILOG,
        _arguments,
        _check,
    ),
)
