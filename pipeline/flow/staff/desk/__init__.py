"""What lies on a colleague's desk: who has it, until when it sleeps, what a decision would do."""
