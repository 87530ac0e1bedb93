"""Key stores, tokens and chips: which there are, whom they are made for, what is put onto them."""
