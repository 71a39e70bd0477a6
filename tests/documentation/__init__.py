"""The README and the guides as programs: what they tell readers to type is run, or marked with the reason why not."""
