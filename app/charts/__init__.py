"""Charts: records and arrays in, Plotly figures out, in Plotly's own JSON form (`data`, `layout`).

They import no Streamlit, and no Plotly either: a figure is a dictionary that the browser's plotly.js draws
(`app.live_chart`), so the server neither loads nor runs Plotly for a curve that grows every second. A colour
is named by what it means ("--lab-validation"), and the browser looks it up in the style sheet, which knows
the theme.
"""
