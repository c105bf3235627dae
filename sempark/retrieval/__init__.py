"""Finding pictures: the collection laid out, a query, its answer, the record an image."""
