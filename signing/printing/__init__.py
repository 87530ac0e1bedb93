"""Printed copies under control (打印管控): numbered, counted, with a code on the edge that leads to the answer."""
