"""Tables asked of a BioMart service: the query, checked at the door, and the reply, checked to its last line.

A BioMart service reports its errors, and even a reply that it could not finish, with the HTTP status 200. Only
the completion stamp, the line ``[success]`` that a query may ask for, tells a whole reply from a part of one
(Ensembl, "BioMart RESTful access", https://www.ensembl.org/info/data/biomart/biomart_restful.html).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

from xpresso_core.errors import InputError
from xpresso_core.unpack import is_web_page

STAMP = b"[success]"
ERROR = b"Query ERROR"
# What the root element of a query must say, for a table with column names that can be told from a part of one
REQUIRED = {"completionStamp": "1", "formatter": "TSV", "header": "1"}
LONGEST_QUOTE = 200
REMEDY = (
    "Try again later, or correct the query if the service does not know a name in it any more, "
    "or fetch the table by hand and give its path in the configuration"
)


def read_query(path: str | os.PathLike[str]) -> str:
    """Read and check a query file: XML as BioMart's pages write it, which may hold comments.

    Returns
    -------
    str
        The text of the file.

    Raises
    ------
    InputError
        If the file cannot be read, is not XML, asks for no attribute, or does not ask for a table with a
        header and a completion stamp.
    """
    remedy = (
        "Give a BioMart query with completionStamp, formatter and header, as BioMart's button 'XML' shows it"
    )
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        root = ElementTree.fromstring(text)
    except (OSError, UnicodeDecodeError) as error:
        what = f"the query cannot be read ({getattr(error, 'strerror', None) or error})"
        raise InputError(what, where=str(path), remedy=remedy) from error
    except ElementTree.ParseError as error:
        what = f"the query is not XML ({error})"
        raise InputError(what, where=f"{path}, line {error.position[0]}", remedy=remedy) from error
    problem = _problem(root)
    if problem:
        raise InputError(problem, where=str(path), remedy=remedy)
    return text


def _problem(root: ElementTree.Element) -> str:
    if root.tag != "Query":
        return f"the query's outermost element is {root.tag!r} instead of 'Query'"
    if root.find("Dataset/Attribute") is None:
        return "the query asks for no Attribute of a Dataset"
    for name, value in REQUIRED.items():
        if root.get(name) != value:
            found = f"is {root.get(name)!r}" if name in root.attrib else "is missing"
            return f'the query needs {name}="{value}", which {found}'
    return ""


def compact(query: str) -> str:
    """Return a query without comments and in one line, so that its layout makes no difference."""
    bare = re.sub(r"<!--.*?-->", "", query, flags=re.DOTALL)
    return re.sub(r">\s+<", "><", re.sub(r"\s+", " ", bare)).strip()


def encode(query: str) -> str:
    """Return what follows the ``?`` of the address when a service is asked."""
    return f"query={quote(compact(query), safe='')}"


def accept_reply(path: str | os.PathLike[str], service: str) -> None:
    """Check that a reply is whole, and cut its completion stamp off.

    Parameters
    ----------
    path
        The reply, which is changed in place.
    service
        The address of the service, for the message.

    Raises
    ------
    InputError
        If the reply is an error, a web page, cut short, or a table without rows; it is left as it was.
    """
    with Path(path).open("r+b") as handle:
        head = handle.readline(LONGEST_QUOTE * 4)
        second = handle.readline(len(STAMP) + 1).strip()
        size = handle.seek(0, os.SEEK_END)
        handle.seek(max(0, size - LONGEST_QUOTE * 4))
        tail = handle.read()
        stamp = re.search(rb"^\[success\]\s*\Z", tail, re.MULTILINE)
        if head.lstrip().startswith(ERROR):
            what = f"the service answers {_quoted(head)}"
        elif is_web_page(path):
            what = "the service answers with a web page instead of a table"
        elif stamp is None:
            last = tail.strip().rpartition(b"\n")[2]
            what = f"the reply of {size:,} bytes lacks its completion stamp; it ends with {_quoted(last)}"
        elif head.strip() == STAMP or second == STAMP:
            what = "the reply is a table without rows"
        else:
            handle.truncate(size - len(tail) + stamp.start())
            return
    raise InputError(what, where=service, remedy=REMEDY)


def _quoted(line: bytes) -> str:
    text = " ".join(line.decode(errors="replace").split())
    return repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "...")
