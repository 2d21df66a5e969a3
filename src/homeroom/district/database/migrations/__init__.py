"""Schema revisions, in order; each is applied once and never edited after a release."""
