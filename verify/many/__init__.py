"""Many documents at once: a folder judged by several processes into one table, resumed where it was cut off."""
