/* What characters are: bits of CLASS and values of KIND, as aggregator/text/tables.py has them. */
#ifndef AGGREGATOR_CHARACTERS_H
#define AGGREGATOR_CHARACTERS_H

enum { WORD = 1, BEFORE = 2, AFTER = 4, DIGIT = 8, UPPER = 16, SPECIAL = 32, TERMINATOR = 64, NEWLINE = 128 };
enum { DROPPED = 1, NUMBER_SPACE = 3, APOSTROPHE = 4, EXPANDS = 5 };

#define CODES 0x110000

#endif
