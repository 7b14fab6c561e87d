# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for conditions on the main loop, with a generous limit. Nothing here sleeps."""

import os
import time

from gi.repository import GLib

SLOWNESS = float(os.environ.get('FLOOIM_SLOWNESS', '1'))
LIMIT = float(os.environ.get('FLOOIM_TEST_LIMIT', '40')) * SLOWNESS


def wait_for(predicate, what, limit=LIMIT):
    """Runs the main loop until predicate() is true; returns what it returned."""
    context = GLib.MainContext.default()
    deadline = time.monotonic() + limit
    ticker = GLib.timeout_add(50, lambda: True)  # for conditions that no event of this loop tells
    try:
        while True:
            result = predicate()
            if result:
                return result
            if time.monotonic() > deadline:
                raise AssertionError('not within %g s: %s' % (limit, what() if callable(what) else what))
            context.iteration(True)
    finally:
        GLib.source_remove(ticker)


def turn():
    """Dispatches what is there already."""
    while GLib.MainContext.default().iteration(False):
        pass
