"""Tests of pages, in a headless Chromium."""
