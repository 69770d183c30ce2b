"""Tests of ``graders.services``: the real SDKs against served answers, on the loopback only."""
