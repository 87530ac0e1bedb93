"""Smart stamps on a line: the MQTT link and its broker, the device's side of each transport, the drill."""
