"""The figures of a period, for the dashboard and the report: gathered, and drawn as charts."""
