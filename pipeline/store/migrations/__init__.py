"""The history of the schema; :data:`REVISIONS` names it in order, oldest first."""

REVISIONS = (
    *("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010"),
    *("0011", "0012", "0013", "0014", "0015", "0017", "0019", "0020", "0021"),
)
