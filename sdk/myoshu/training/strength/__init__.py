"""The strength of the agent: when it is measured, against whom, and the results."""
