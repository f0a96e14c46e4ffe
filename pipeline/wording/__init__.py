"""The words for people: sentences about problems, the words of the console, instants."""
