"""From a query to the best documents: filters, scores, top-k, and explanations.

Under every model, articles with equal scores are in ascending order of their ids. For the models of ``models`` this
order is made in ``State.best``: in the kernel by ``_comes_before`` of ``kernel.maxscore``, then by a sort by score and
id. For the LSI model it is made in ``lsi.Topics.best``; for the hybrid model see ``hybrid.two_stage``.
"""
