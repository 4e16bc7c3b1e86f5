"""The store in SQL that SQLite and PostgreSQL both understand. A database brings its sessions, its schema and what its
errors mean.
"""
