"""How strong players are, from games between them: one arithmetic for training, matches and calibration."""
