"""Evidence + lab + checks -> verdicts: pure, in one process, without pytest."""
