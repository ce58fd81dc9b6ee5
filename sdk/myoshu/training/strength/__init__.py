"""How strong the agent has become: when it is measured, by whom, and what came of it."""
