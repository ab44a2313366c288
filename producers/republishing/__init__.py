"""Event files sent to Kafka once more: as they were, or moved to another time."""
