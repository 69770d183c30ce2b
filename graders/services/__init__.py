"""The only modules that use SDKs; each turns one service's answers into evidence."""
