"""Stop words, Chinese and English: they do not show what a text is about."""

from __future__ import annotations

from stopwordsiso import stopwords

# English function words only. The long lists of the web also contain "thin", "test", "interest", "system" and "low",
# which in this industry are what an article is about.
_ENGLISH = """
a about above across after again against all almost along already also although always am among an and another any
anyone anything are aren't around as at away be became because become been before being below between both but by can
can't cannot could couldn't did didn't do does doesn't doing don't done down during each either else ever every few
for from further get gets got had has hasn't have haven't having he her here hers herself him himself his how however
i if in indeed into is isn't it its itself just let let's may me might more most much must my myself neither never no
nor not now of off often on once one only onto or other others ought our ours ourselves out over own per perhaps
quite rather really same shall she should since so some somehow someone something such than that the their theirs
them themselves then there therefore these they this those though through thus to together too toward towards under
until up upon very via was wasn't we well were weren't what whatever when where whether which while who whoever whom
whose why will with within without won't would wouldn't yet you your yours yourself yourselves
"""

STOP_WORDS: frozenset[str] = frozenset(_ENGLISH.split()) | frozenset(stopwords("zh"))
"""In lower case and simplified characters."""
