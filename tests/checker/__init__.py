"""An independent checker: what DESIGN section 6 says the tables hold, worked out from a response by plain loops.

It shares no code and no data with the platform (no mapping YAML, no decoder), so that both must be wrong in the same
way for an error to pass.
"""
