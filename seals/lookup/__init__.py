"""The public look-up: what anyone may know of a seal by its code, signed by the seal maker."""
