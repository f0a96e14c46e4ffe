"""The forms: one definition each, their words, and the writers and readers of both formats.

``catalogue.FORMS`` holds the definitions, ``texts`` the words, ``stamp`` the identity of a blank,
``xlsx_writer`` and ``pdf_writer`` make forms, ``xlsx_reader`` and ``pdf_reader`` read filled ones,
``publish`` writes them to files. Nothing is imported here: the libraries are slow.
"""
