"""Pydantic models of requests and answers: the edge's own shapes, apart from the rooms' types."""
