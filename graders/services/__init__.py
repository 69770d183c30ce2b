"""The only rooms with SDKs in them; each turns one service into evidence."""
