"""The documents that cross borders: frozen, versioned msgspec structs, with JSON as their written form.

They hold plain data only. Everything that a run leaves behind is one of these, or a blob that one of these names.
"""
