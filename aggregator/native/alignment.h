/* Where two texts run alike: their shared shingles, in the order of the one. */
#ifndef AGGREGATOR_ALIGNMENT_H
#define AGGREGATOR_ALIGNMENT_H

#include "view.h"

typedef struct {
    uint32_t first, second; /* where a run starts in each text … */
    uint32_t tokens;        /* … and how long it is */
} Run;

/* What one pair after another is worked out in; grows as texts ask for it. All zero to begin with. */
typedef struct {
    int32_t *where;
    Run *runs;
    uint32_t *numbers; /* four times as many as tokens */
    size_t room;
} Room;

int make_room(Room *room, const View *a, const View *b); /* 0: no memory */
void free_room(Room *room);

/* For each shingle of `b` by position, where `a` has it first, -1 for nowhere; into room->where. */
void find_positions(Room *room, const View *a, const View *b);

/* The runs of shared shingles, in the order of `b`, into room->runs; returns how many. Asks room->where. */
uint32_t find_runs(Room *room, const View *a, const View *b);

#endif
