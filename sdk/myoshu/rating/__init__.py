"""The strength of players, from games between them: the same arithmetic for training, matches and calibration."""
