"""One file per command, shared by `python flow.py` and `stepwell`; each is imported when it is called."""
