"""Full-text search of requests: how texts are folded, kept, looked for, and what a query says."""
