"""The state on PostgreSQL, for many machines. Everything here but :mod:`connector.state.postgres.library` needs the
extra ``postgres``.
"""
