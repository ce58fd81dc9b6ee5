"""Where games come from: self-play and reanalysis, in this process or in others."""
