"""The web: pages, merged feeds, the API, other readers' protocols; over what the daemon hands in.

the application     app, services; before any page: early, guard, proxies, slashes, taking, access
who asks            accounts, account_pages, passwords, forms
pages               pages, rivers, show, around, beginning, content, …_pages, settings_form, citing, actions
how they are made   render (with `templates`, `static`), pictures, histograms, fragments, wholes
pictures of others  media, source_icons
feeds               feeds, feed_documents, watch, events
API                 api, api_…, description
feed readers        desk, calls and syncing, which `greader`, `fever` and `miniflux` share; connect
for machines        ops, measuring, websub
"""
