"""Calls: legs in queues, what happened to them, and how they are judged."""
