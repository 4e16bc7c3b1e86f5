"""A ServiceNow instance, simulated: the Table API with all its unkindness, batch, aggregate counts and OAuth.

=============  =================================================================================================
module         what it shows
=============  =================================================================================================
tenant         the bank's tables and columns; :mod:`.vendor` those that the vendor ships
store          rows, journal, history; times of a second's resolution
query          encoded queries; :mod:`.matching` what they find, :mod:`.rendering` how rows are told
table_api      list, read, create, update, delete, count; :mod:`.paging`, :mod:`.cancelling` (the quota)
batch          several calls in one request
doors          OAuth, basic, API key, client certificate; :mod:`.sessions` the cookies
manners        where instances differ and what ails them; :mod:`.access` and :mod:`.staff` who may do what
words, side    the tenant in the mock GRC's vocabulary, for the stories of ``tests/scenarios``
=============  =================================================================================================

Everything rests on the vendor's documentation and on what public projects measured on live instances; what is from
memory says so where it stands. Not simulated, because no source states its shape: ``/api/sn_ent/asset/ai_model`` and
the import set API; attachments are left out. A session cookie alone signs nobody in.
"""

from tests.simulators.servicenow.server import ServiceNow

__all__ = ["ServiceNow"]
