"""Events that other systems push over HTTP: let in by a token, checked in full, put into Kafka."""
