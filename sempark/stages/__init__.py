"""One module a table: tables in, table out; no disk, and no stage imports another."""
