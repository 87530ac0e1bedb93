"""The drill of smart stamps: a throw-away installation, scenarios with the end they must reach, the soak."""
