"""Events and documents to text: pure functions and small state machines, no terminal, no clock."""
