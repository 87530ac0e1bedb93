"""Enrolment: a request is checked, approved by several people over its exact bytes, issued and delivered."""
