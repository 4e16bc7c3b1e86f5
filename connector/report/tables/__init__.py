"""Reports as tables: for spreadsheets, for databases, for documents. No cell can be taken for a formula, no text for
markup.
"""
