"""What the pages share: navigation, state, cached resources, charts, widgets.

Arrows point down: pages import app, app imports model, never the other way round, and no page another.
`st.session_state` and `st.query_params` live in `app.state` alone, `st.cache_*` in `app.cache` alone.
"""
