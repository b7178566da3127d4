"""Patterns of topic words, for ``Source.words`` of sources that also publish on other topics."""

SEMICONDUCTORS = (
    # Products and parts of the semiconductor industry, processes, and its best known companies.
    r"semiconductor|micro-?chip|(?<!blue[ -])\bchip-?(s|lets?|sets?|makers?|making|design|plants?|fabs?)?\b"
    r"|\bfoundr(y|ies)\b|\bwafers?\b|\bfabs?\b|lithograph|\bEUV\b|\b[2357]\s?nm\b|\bDRAM\b|\bNAND\b|\bHBM\d?\b|\bGPUs?\b"
    r"|\bTSMC\b|\bASML\b|\bnvidia\b|\bSMIC\b|\bSK ?hynix\b|\bqualcomm\b|\bbroadcom\b"
    # In capitals only: "intel" is also intelligence, and "micron" a length.
    r"|(?-i:\bIntel\b|\bMicron\b)|半导体|芯片|晶圆"
)
