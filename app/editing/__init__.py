"""The editor's parts: what an edit does, the list of layers, one layer's settings, what is handed on."""
