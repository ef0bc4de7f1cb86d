"""The web: pages, merged feeds, the API, other readers' protocols; over what the daemon hands in.

What is where:

    the application     app, services; before any page: early, guard, proxies, slashes, taking, access
    who asks            accounts, account_pages, passwords, forms
    pages               pages, …_pages, rivers, show, around, beginning, content, citing, settings_form
    writes              actions
    how pages are made  render (with `templates`, `static`), pictures, histograms, fragments, wholes
    pictures of others  media, source_icons
    feeds               feeds, feed_documents, watch, events
    API                 api, api_…, description
    feed readers        desk, calls and syncing, which `greader`, `fever` and `miniflux` share; connect
    for machines        ops, measuring, websub
"""
