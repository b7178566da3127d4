"""The words that tell an article of the semiconductor trade among others, for sources that write of everything."""

SEMICONDUCTORS = (
    r"semiconductor|micro-?chip|(?<!blue[ -])\bchip-?(s|lets?|sets?|makers?|making|design|plants?|fabs?)?\b"
    r"|\bfoundr(y|ies)\b|\bwafers?\b|\bfabs?\b|lithograph|\bEUV\b|\b[2357]\s?nm\b|\bDRAM\b|\bNAND\b|\bHBM\d?\b|\bGPUs?\b"
    r"|\bTSMC\b|\bASML\b|\bnvidia\b|\bSMIC\b|\bSK ?hynix\b|\bqualcomm\b|\bbroadcom\b"
    # "intel" is also what spies gather, and "micron" a length.
    r"|(?-i:\bIntel\b|\bMicron\b)|半导体|芯片|晶圆"
)
