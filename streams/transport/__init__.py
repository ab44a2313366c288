"""Reading from Kafka through Faust: the read position is in the hands of who holds the state."""
