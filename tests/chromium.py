"""The browser that pages are looked at with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

FLAGS = (
    *("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync"),
    *("disable-background-networking", "disable-component-update", "disable-dev-shm-usage"),
    "window-size=1400,1000",
)


@contextmanager
def chromium(*flags: str, logs: dict[str, str] | None = None) -> Iterator[Any]:
    """Give a headless Chromium with some more flags, which keeps logs as asked for; skip where there is none."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver):
        pytest.skip("no chromium and chromedriver (Debian: apt-get install chromium chromium-driver)")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, *flags):
        options.add_argument(f"--{flag}")
    if logs is not None:
        options.set_capability("goog:loggingPrefs", logs)
    started = webdriver.Chrome(options, webdriver.ChromeService(executable_path=driver))
    try:
        yield started
    finally:
        started.quit()
