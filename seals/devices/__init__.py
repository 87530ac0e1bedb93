"""Smart stamps: their register, the signed orders to them, the signed events from them, what is left to use."""
