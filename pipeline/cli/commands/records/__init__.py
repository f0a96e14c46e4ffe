"""The commands about what is kept: the audit, exports, the data of a person."""
