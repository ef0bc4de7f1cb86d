"""One file a change of the schema; a file that was released is never edited."""
