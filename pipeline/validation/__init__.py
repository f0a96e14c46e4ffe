"""From submission to application: a reader for each kind of answer, rules across fields, check.

Nothing here touches a file, a database, a setting or the wall clock: what is needed comes in as
arguments.
"""
