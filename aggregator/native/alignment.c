#include "alignment.h"

int make_room(Room *room, const View *a, const View *b) {
    size_t wanted = (a->tokens > b->tokens ? a->tokens : b->tokens) + (size_t)1;
    if (wanted <= room->room) return 1;
    free_room(room);
    wanted += wanted / 2;
    room->where = PyMem_RawMalloc(wanted * sizeof *room->where);
    room->runs = PyMem_RawMalloc(wanted * sizeof *room->runs);
    room->numbers = PyMem_RawMalloc(4 * wanted * sizeof *room->numbers);
    if (room->where == NULL || room->runs == NULL || room->numbers == NULL) {
        free_room(room);
        return 0;
    }
    room->room = wanted;
    return 1;
}

void free_room(Room *room) {
    PyMem_RawFree(room->where);
    PyMem_RawFree(room->runs);
    PyMem_RawFree(room->numbers);
    *room = (Room){NULL, NULL, NULL, 0};
}

void find_positions(Room *room, const View *a, const View *b) {
    uint32_t i = 0;
    for (uint32_t j = 0; j < b->gram_count; j++) {
        uint32_t hash = gram_hash(b->grams[j]);
        while (i < a->gram_count && gram_hash(a->grams[i]) < hash) i++;
        int same = i < a->gram_count && gram_hash(a->grams[i]) == hash;
        room->where[gram_place(b->grams[j])] = same ? (int32_t)gram_place(a->grams[i]) : -1;
    }
}

uint32_t find_runs(Room *room, const View *a, const View *b) {
    uint32_t width = WIDTH, count = 0;
    if (a->tokens < width) width = a->tokens;
    if (b->tokens < width) width = b->tokens;
    int32_t before = -1; /* where the shingle before stands in `a` */
    for (uint32_t j = 0; j < b->gram_count; j++) {
        int32_t where = room->where[j];
        if (where >= 0) {
            if (before >= 0 && where == before + 1)
                room->runs[count - 1].tokens++;
            else
                room->runs[count++] = (Run){(uint32_t)where, j, width};
        }
        before = where;
    }
    return count;
}
