"""Hypothesis profiles for all tests: HYPOTHESIS_PROFILE=nightly looks for longer, deep for hours."""

import os

from hypothesis import settings

settings.register_profile("project", deadline=None, print_blob=True)
settings.register_profile("nightly", deadline=None, print_blob=True, max_examples=500)
settings.register_profile("deep", deadline=None, print_blob=True, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))
