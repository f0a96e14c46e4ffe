"""The lists that staff look through beside the queue, as small frozen rows; secrets stay out."""
