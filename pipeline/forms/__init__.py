"""The forms: their definitions, their words, and a writer and a reader for each file format.

``definitions.catalogue.FORMS`` holds the definitions, ``texts`` the words, ``stamp`` the identity
of a blank. ``xlsx.write.form`` and ``pdf.write.form`` make forms, ``xlsx.read.reader`` and
``pdf.reader`` read filled ones, ``publish`` writes them to files. Nothing is imported here: the
libraries are slow to import.
"""
