"""Collections of whole documents.

``articles`` with their ``embeddings``, the raw ``archive`` of the bytes they were read from, ``visits`` of addresses,
``fingerprints`` and the ``stories`` that follow from them.
"""
