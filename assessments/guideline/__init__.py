"""What the Guideline says, as an edition of frozen dataclasses: no database, no settings.

``terms`` is its vocabulary, ``conditions`` the small language over facts, ``edition`` the dataclasses. Those of one
subject stand beside the functions that read them: ``tiering``, ``policy``, ``gates``, ``order``, ``packages``.
``reading`` is the way in: it makes an edition from the reviewed YAML and names every fault with file, key and line.
Behind it stand ``files`` (YAML with its lines), ``shapes`` (how each file is made), ``compiling`` (canonical JSON to
dataclasses), ``checking`` (whether the edition means what it should) and ``coverage`` (how much it asks).
"""
