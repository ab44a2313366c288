"""The local stack: a real Kafka broker, Prometheus and Alertmanager, on loopback only."""
