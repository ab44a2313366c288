"""How Kafka is spoken with: its topics, its security, and what it refuses, in words."""
