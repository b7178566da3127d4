"""Which articles tell the same story: fingerprints, near-duplicate candidates and the comparison."""
