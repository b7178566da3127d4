"""The search index in MongoDB, specified in ``FORMAT.md``.

* ``segment_format``, ``interleave``: the bytes of a segment; ``segments``: segments in MongoDB
* ``manifest``: which segments make up the index; ``snapshot``: the state that a reader reads
* ``compactor``: packs, merges and collects garbage, with the steps in ``writer``, the state in ``segment_set``, the
  choice of merges in ``merge_policy``, and ``lease`` against two at once
* ``dictionary``: token ids; ``projections``: the arrays of model ``lsi``
* ``preparation``: makes an index ready for use, or refuses it; ``retokenized``: the switch to another analyzer
* ``verify``: compares the index with the articles
"""
