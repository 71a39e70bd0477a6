"""Tables derived again from the raw tier, or from the archive alone, beside those that readers see."""
