"""Whether each file of an edition is made as it must be: fields, vocabulary, ids, and a text wherever one belongs."""
