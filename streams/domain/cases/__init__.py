"""Cases: what is stated of them, which clocks run, and what the municipality is judged by."""
