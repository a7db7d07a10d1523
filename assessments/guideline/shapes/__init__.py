"""Whether each file of an edition is made as it must be: fields, vocabulary, ids, and a text wherever one belongs.

What an edition means (whether its conditions and its duties agree) is checked by ``guideline.checking``, which needs a
well-made one. ``edition`` is the way in. It checks each file by its rule, which stands under its subject: ``register``,
``facts``, ``tiering``, ``policy``, ``plans``, ``checks``, ``questions``. Behind these stand ``rules`` (those of single
values, and how they are put together), ``vocabulary`` (the words and ids of the edition), ``entries`` (files read
leniently) and ``texts`` (which texts a structure must have).
"""
