"""Who is to be erased: what the tables hold of a person, and the files of the database after it."""
