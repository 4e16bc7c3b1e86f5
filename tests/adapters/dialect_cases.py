"""The habits of the mock GRC, in groups that go together, each with what an admin writes into the YAML for it.

``options`` is merged into the shipped mapping's ``http`` section, null removing what is there. Between them the cases
have every habit of :mod:`connector.mock.dialects` but those that make a listing impossible.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import yaml

from tests.adapters.mock_platform import shipped_options


@dataclass(frozen=True)
class Case:
    """``auth`` has TOKEN where the secret stands; ``fields`` are the platform fields that the mapping asks for."""

    name: str
    dialect: str
    options: str
    auth: str = "{type: bearer, token: TOKEN}"
    refused: dict = field(default_factory=lambda: {"tier": "9 - Imaginary"})
    rewrite: tuple | None = None
    page_size: int = 4

    def section(self):
        shipped = shipped_options()
        kept = {name: shipped["resources"][name] for name in ("model", "issue")}
        return merged({**shipped, "resources": kept}, yaml.safe_load(self.options))


def merged(base, change):
    """``base`` with the keys of ``change`` put in; null removes."""
    found = copy.deepcopy(base)
    for key, value in change.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict) and isinstance(found.get(key), dict) and "type" not in value:
            found[key] = merged(found[key], value)
        else:
            found[key] = value
    return found


CASES = [
    Case(
        "a Django kind of server",
        "token-header,refuses-403,results,pages,null-total,tiny-pages,errors-detail,slashes,seconds,updated-204",
        """
        errors:
          - {status: [403], when: "contains(detail, 'oken')", action: refresh_token}
        whoami: {path: /api/v1/me/}
        resources:
          model:
            list: {path: /api/v1/models/, records: results, total: null, pagination: {type: page, page_size: 4}}
            get: {path: "/api/v1/models/{id}/"}
            find: {path: /api/v1/models/, records: results}
            create: {path: /api/v1/models/}
            update: {path: "/api/v1/models/{id}/", read_back: true}
          issue:
            list: {path: /api/v1/issues/, records: results}
            get: {path: "/api/v1/issues/{id}/"}
            comments:
              list: {path: "/api/v1/issues/{id}/comments/", records: results}
              create: {path: "/api/v1/issues/{id}/comments/"}
        """,
        auth='{type: api_key, header: Authorization, template: "Token {key}", key: TOKEN}',
        page_size=3,
    ),
    Case(
        "arrays and Link headers",
        "key-header,refuses-400,bare,link-header,path-links,errors-fields,created-location,late-stamps,capped",
        """
        errors:
          - {status: [400], when: "code == 'unauthenticated'", action: refresh_token}
        resources:
          model:
            list: {records: "@", total: null, pagination: {type: link_header, page_size: 4}}
            find: {records: "@"}
            create: {read_back: true}
          issue:
            list: {records: "@", total: null}
            comments: {list: {records: "@", total: null}}
        """,
        auth="{type: api_key, header: X-GRC-Key, key: TOKEN}",
    ),
    Case(
        "links in the body and bare ids",
        "key-pair,data,next-links,path-links,errors-list,created-id,put,no-if-match,milliseconds",
        """
        resources:
          model:
            list: {records: data, total: null, pagination: {type: link_body, next: next, page_size: 4}}
            find: {records: data}
            create: {read_back: true}
            update: {method: PUT, if_match: null}
          issue:
            list: {records: data}
            comments: {list: {records: data}}
        """,
        auth='{type: api_key, header: Authorization, template: "Bearer {key}.{token}", key: PAIR, token: TOKEN}',
    ),
    Case(
        "a session, wrappers and whole records",
        "session,refuses-406,data-items,cursors,wrapped,put-whole,created-200",
        """
        errors:
          - {status: [406], action: refresh_token}
        resources:
          model:
            list:
              records: data.items
              total: data.total
              pagination: {type: cursor, cursor: data.next_cursor, page_size: 4}
            get: {record: model}
            find: {records: data.items}
            create: {wrapper: model, record: model}
            update:
              method: PUT
              wrapper: model
              record: model
              send: record
              omit: [id, url, approval_chain, revision, created_at, created_by, updated_at, updated_by]
          issue:
            list: {records: data.items, total: data.total}
            get: {record: issue}
            comments: {list: {records: data.items, total: data.total}, create: {wrapper: comment}}
        """,
        auth="""
        type: session
        login_path: /api/v1/login
        body: {credentials.user: mlflow-grc@bank.example, credentials.password: TOKEN}
        token: data.session.token
        expires_in: data.session.expires_in
        header: X-Session
        template: "{token}"
        """,
    ),
    Case(
        "empty answers and 500 for a bad value",
        "oauth2,missing-204,created-text,errors-text,choice-500,epoch-milliseconds",
        """
        errors:
          - {status: [500], when: "contains(@, 'must be one of')", action: fail, kind: validation}
        resources:
          model:
            list: {incremental: {param: updated_since, format: epoch_milliseconds, overlap_seconds: 1}}
            get: {missing: [204]}
            create: {read_back: true, id: "@"}
        """,
        auth="""
        type: oauth2_client_credentials
        token_url: /oauth/token
        client_id: mlflow-grc@bank.example
        client_secret: TOKEN
        """,
    ),
    Case(
        "guests, and 403 for what is missing",
        "guests,missing-403,errors-html,epoch-microseconds,put-whole",
        """
        resources:
          model:
            list: {incremental: {param: updated_since, format: epoch_microseconds, overlap_seconds: 1}}
            get: {missing: [403]}
            update: {method: PUT, send: all}
        """,
    ),
    Case(
        "filters ignored and missing records changed",
        "ignored-filters,missing-empty,patch-missing,frozen-stamps,hides-closed",
        """
        resources:
          model:
            list: {incremental: null}
            get: {record: "id && @", missing: [empty]}
            update: {read_back: true}
          issue: {list: {params: {state: all}}}
        """,
    ),
    Case(
        "codes, ids and nested fields",
        "choice-codes,people-by-id,models-by-number,approval-flags,custom-fields",
        """
        lookups:
          people: {path: /api/v1/users, records: items, total: total, value: email}
          models: {path: /api/v1/models, records: items, total: total, id: number, value: id}
        resources:
          model:
            fields:
              purpose: {read: custom.purpose, write: custom.purpose}
              assumptions: {read: custom.assumptions, write: custom.assumptions}
              description: {read: custom.description, write: custom.description}
              tier: {read: custom.tier, write: custom.tier}
        """,
        refused={"tier": 9},
    ),
    Case(
        "fields in an array, rewritten texts",
        "choice-objects,people-objects,custom-list,rewriting",
        """
        resources:
          model:
            fields:
              purpose: {read: "custom[?name=='purpose'] | [0].value", write: "custom[name=purpose].value"}
              assumptions: {read: "custom[?name=='assumptions'] | [0].value", write: "custom[name=assumptions].value"}
              description: {read: "custom[?name=='description'] | [0].value", write: "custom[name=description].value"}
              tier: {read: "custom[?name=='tier'] | [0].value.id", write: "custom[name=tier].value"}
        """,
        refused={"tier": 9},
        rewrite=("description", "scores  loans", "Scores Loans"),
    ),
    Case(
        "keys in a resource of their own",
        "keys-apart",
        """
        resources:
          model:
            find: null
            related:
              external_ids:
                record: object_id
                record_as: object_id
                list: {path: /api/v1/external-ids, params: {object_type: models}, records: items, total: total}
                of: {path: /api/v1/external-ids, params: {object_id: "{key}"}}
                find: {path: /api/v1/external-ids, params: {key: "{key}", object_type: models}}
                create: {path: /api/v1/external-ids, static: {object_type: models}}
                update: {path: "/api/v1/external-ids/{id}"}
                resume: [purpose]
                fields: {external_key: {read: key, write: key}}
        """,
    ),
    Case(
        "issues below their model",
        "nested-issues",
        """
        resources:
          issue:
            parent: {entity: model, field: model}
            list: {path: "/api/v1/models/{parent}/issues", incremental: null}
            get: {path: "/api/v1/models/{parent}/issues/{id}"}
            find: null
            create: {path: "/api/v1/models/{parent}/issues"}
            update: {path: "/api/v1/models/{parent}/issues/{id}"}
            comments:
              list: {path: "/api/v1/models/{parent}/issues/{id}/comments"}
              create: {path: "/api/v1/models/{parent}/issues/{id}/comments"}
        """,
    ),
    Case(
        "issues on another server",
        "issues-elsewhere",
        """
        servers:
          tracker:
            url: "${TRACKER}"
            auth: {type: bearer, token: ISSUES_TOKEN}
            whoami: {path: /api/v1/me, who: email}
        resources: {issue: {server: tracker}}
        """,
    ),
]

BY_NAME = {case.name: case for case in CASES}

VERSIONS_ACROSS = Case(
    "versions below their model, listed over all models",
    "nested,listed-across,unknown-fields",
    """
    resources:
      model:
        create: null
        update: null
      version:
        revision: revision
        updated_at: updated_at
        actor: updated_by
        parent: {entity: model, field: model, id: model}
        list:
          path: "/api/v1/versions"
          records: items
          total: total
          pagination: {type: offset, page_size: 4}
          incremental: {param: updated_since, overlap_seconds: 1}
        find: {path: /api/v1/versions, params: {external_key: "{key}"}}
        get: {path: "/api/v1/models/{parent}/versions/{id}"}
        create: {path: "/api/v1/models/{parent}/versions"}
        update: {path: "/api/v1/models/{parent}/versions/{id}", if_match: '"{revision}"'}
      issue:
        parent: {entity: model, field: model, id: model}
        list: {path: /api/v1/issues, incremental: null}
        get: {path: "/api/v1/models/{parent}/issues/{id}"}
        find: null
        create: {path: "/api/v1/models/{parent}/issues"}
        update: {path: "/api/v1/models/{parent}/issues/{id}"}
        comments:
          list: {path: "/api/v1/models/{parent}/issues/{id}/comments"}
          create: {path: "/api/v1/models/{parent}/issues/{id}/comments"}
    """,
)

VERSIONS_BELOW = Case(
    "versions and issues below their model",
    "nested,created-location",
    """
    resources:
      model:
        create: null
        update: null
      version:
        revision: revision
        updated_at: updated_at
        actor: updated_by
        parent: {entity: model, field: model}
        list:
          path: "/api/v1/models/{parent}/versions"
          records: items
          total: total
          pagination: {type: offset, page_size: 4}
          incremental: {param: updated_since, overlap_seconds: 1}
        get: {path: "/api/v1/models/{parent}/versions/{id}"}
        create: {path: "/api/v1/models/{parent}/versions"}
        update: {path: "/api/v1/models/{parent}/versions/{id}", if_match: '"{revision}"'}
      issue:
        parent: {entity: model, field: model}
        list: {path: "/api/v1/models/{parent}/issues", incremental: null}
        get: {path: "/api/v1/models/{parent}/issues/{id}"}
        find: null
        create: {path: "/api/v1/models/{parent}/issues"}
        update: {path: "/api/v1/models/{parent}/issues/{id}"}
        comments:
          list: {path: "/api/v1/models/{parent}/issues/{id}/comments"}
          create: {path: "/api/v1/models/{parent}/issues/{id}/comments"}
    """,
)
