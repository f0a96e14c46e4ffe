"""The staff console: pages that read through flow.views and decide through flow.staff.

``routes`` says which pages there are and who may see them, ``gate`` what a request must have before
a page is made, ``visit`` what a page is made from, ``screens`` makes the pages, ``decisions`` says
what staff fill in for a decision.
"""
