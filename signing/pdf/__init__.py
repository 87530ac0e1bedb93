"""PDF by the general reader and writer (pyHanko); documents that are plain go to :mod:`signing.incremental`."""
