"""The mock GRC's pages for people: a model risk officer works here and never sees the API.

Server-rendered, without a line of JavaScript. Everything is done through the service, so rights, rules and history
are those of the API. ``site`` assembles it; the web framework is imported by whoever imports that.
"""
