"""Names and texts that try to be something else: formulas, markup, commands, halves of characters."""

from __future__ import annotations

FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "=HYPERLINK(\"http://x\",\"y\")",
    "=cmd|' /C calc'!A0", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201",
)  # fmt: skip
"""What a spreadsheet takes for a formula."""
MARKUP = (
    "<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](http://evil.example/p.png)", "http://evil.example",
    "www.evil.example", "a | b | c", "`x` **b** _i_ ~~s~~", "# heading", "1. one", "- one", "@everyone", "a\n\n# b",
    "&lt;b&gt;", "</td></tr></table>", "\u202egnp.exe", "$x$", "\\", "* * *", "| --- |", "> quoted", "#1", "---",
)  # fmt: skip
"""What Markdown or HTML would make something of."""
ODD = (
    "\x00",
    "\x07bell",
    "\ud800",
    "\ufffe",
    "_x0041_",
    "x" * 250,
    "\u05e9\u05dc\u05d5\u05dd",
    "\U0001f600",
    "a\r\nb",
    "'",
)
"""What files and readers choke on."""
ALL = (*FORMULAS, *MARKUP, *ODD)
