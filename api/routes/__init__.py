"""HTTP routes: each calls one door and stays under fifteen lines."""
