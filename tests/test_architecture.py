"""Architectures have names, one's own first."""

from __future__ import annotations

import pytest

from xpresso_core.architecture import PAPER, named_architecture
from xpresso_core.errors import ConfigError


def test_names_are_looked_up_among_one_s_own_first() -> None:
    own = {"compact": PAPER.to_dict()}
    assert named_architecture("compact", own) == PAPER
    with pytest.raises(ConfigError, match="no architecture 'small'"):
        named_architecture("small", {})
