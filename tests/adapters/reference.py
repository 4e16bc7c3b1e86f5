"""The generated part of docs/http-adapter.md: every key of the ``http`` section.

``python -m tests.adapters.reference`` writes it anew.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from adapters.http import options, paging_options, reading_options, writing_options
from adapters.httpclient import ErrorRule
from connector.config.reference import table

DOCUMENT = Path(__file__).parents[2] / "docs" / "http-adapter.md"
BEGIN, END = "<!-- reference: generated -->", "<!-- reference: end -->"
SECTIONS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("The section", "http.", options.Options),
    ("Who is logged in", "whoami.", options.WhoAmI),
    ("What answers mean", "errors[].", ErrorRule),
    ("Another server", "servers.NAME.", options.Server),
    ("A lookup", "lookups.NAME.", reading_options.LookupSpec),
    ("A resource", "resources.ENTITY.", options.Resource),
    ("Records below others", "parent.", options.ParentSpec),
    ("A listing", "list.", reading_options.RecordList),
    ("What was not changed", "list.incremental.", reading_options.Incremental),
    ("No listing", "list.by_ids.", reading_options.ByIds),
    ("Paging `none`", "pagination.", paging_options.NoPaging),
    ("Paging `offset`", "pagination.", paging_options.OffsetPaging),
    ("Paging `page`", "pagination.", paging_options.PagePaging),
    ("Paging `cursor`", "pagination.", paging_options.CursorPaging),
    ("Paging `link_body`", "pagination.", paging_options.LinkBodyPaging),
    ("Paging `link_header`", "pagination.", paging_options.LinkHeaderPaging),
    ("Reading one", "get.", reading_options.GetSpec),
    ("Finding one", "find.", reading_options.FindSpec),
    ("Creating", "create.", writing_options.CreateSpec),
    ("Changing", "update.", writing_options.UpdateSpec),
    ("A field", "fields.NAME.", options.FieldSpec),
    ("A related resource", "related.NAME.", options.Related),
    ("Comments", "comments.list.", writing_options.CommentList),
    ("A comment", "comments.create.", writing_options.CommentCreate),
)


def reference() -> str:
    """All tables."""
    return "\n\n".join(table(*section) for section in SECTIONS)


def insert(text: str) -> str:
    """The document with its generated part made anew."""
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    return f"{before}{BEGIN}\n\n## Every key\n\n{reference()}\n\n{END}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(insert(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
