"""Where events come from: sources of real events, and a simulator of them."""
