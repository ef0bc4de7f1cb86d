/* What pairs of texts swap and what they keep: the counts under `forms.Swaps`, by way of a patience diff. */
#include <string.h>

#include "alignment.h"
#include "sequences.h"

/* The columns of `swaps`, in the order of the fields of `forms.Swaps`; the last two make its `titles`. */
typedef struct {
    int64_t facts, halves, kept, numbers, numbers_kept, headlines, counted, headings_shared, headings;
} Swaps;

typedef struct {
    uint32_t first, second;
} Anchor;

/* ----------------------------------------------------------------------------- the diff */

/* The shingles that stand once in each text, in the order of `b`. The room's places are used. */
static uint32_t find_anchors(Room *room, const View *a, const View *b, Anchor *anchors) {
    find_positions(room, a, b);
    for (uint32_t j = 1; j < b->gram_count; j++)
        if (gram_hash(b->grams[j]) == gram_hash(b->grams[j - 1]))
            room->where[gram_place(b->grams[j])] = room->where[gram_place(b->grams[j - 1])] = -1;
    /* What is repeated in `a` was found at its first place. */
    uint8_t *repeated = (uint8_t *)room->numbers;
    memset(repeated, 0, a->gram_count);
    for (uint32_t i = 1; i < a->gram_count; i++)
        if (gram_hash(a->grams[i]) == gram_hash(a->grams[i - 1]))
            repeated[gram_place(a->grams[i])] = repeated[gram_place(a->grams[i - 1])] = 1;
    uint32_t count = 0;
    for (uint32_t j = 0; j < b->gram_count; j++) {
        int32_t where = room->where[j];
        if (where >= 0 && !repeated[where]) anchors[count++] = (Anchor){(uint32_t)where, j};
    }
    return count;
}

/* Keep a longest rising subsequence (Fredman 1975), the one that patience.longest_rising keeps. */
static uint32_t keep_rising(Anchor *anchors, uint32_t count, uint32_t *spare) {
    uint32_t rises = 1;
    while (rises < count && anchors[rises].first > anchors[rises - 1].first) rises++;
    if (rises >= count) return count;
    uint32_t *ends = spare, *before = spare + count, length = 0; /* ends: the anchor that ends each length */
    for (uint32_t i = 0; i < count; i++) {
        uint32_t low = 0, high = length;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (anchors[ends[middle]].first < anchors[i].first)
                low = middle + 1;
            else
                high = middle;
        }
        before[i] = low ? ends[low - 1] : UINT32_MAX;
        ends[low] = i;
        if (low == length) length++;
    }
    uint32_t at = ends[length - 1];
    for (uint32_t i = length; i > 0; i--) { /* from behind: what stands there was read already */
        ends[i - 1] = at;
        at = before[at];
    }
    for (uint32_t i = 0; i < length; i++) anchors[i] = anchors[ends[i]];
    return length;
}

/* Where each token of `b` stands in `a`, as far as equality goes on from an anchor: into room->where. */
static void follow(Room *room, const View *a, const View *b, const Anchor *anchors, uint32_t count) {
    uint32_t after = 0; /* anchors at or before the token */
    for (uint32_t index = 0; index < b->tokens; index++) {
        while (after < count && anchors[after].second <= index) after++;
        uint32_t tried[2] = {after ? after - 1 : 0, after < count ? after : count - 1};
        room->where[index] = -1;
        for (int i = 0; i < 2 && room->where[index] < 0; i++) {
            const Anchor *anchor = &anchors[tried[i]];
            int64_t there = (int64_t)index + anchor->first - anchor->second;
            if (there >= 0 && there < a->tokens && a->body[there] == b->body[index])
                room->where[index] = (int32_t)there;
        }
    }
}

/* ----------------------------------------------------------------------------- the counts */

enum { FACT = 1, DIGITS = 2, HEADLINE = 4 };

/* What stands in from…to and the other text lacks. */
static int lacking(const View *view, const View *other, int64_t from, int64_t to) {
    int found = 0;
    for (int64_t i = from; i < to; i++) {
        uint32_t word = view->body[i];
        if (view->flags[i] & (NUMBER | CAPITAL) && !has(&other->everything, word))
            found |= view->flags[i] & NUMBER ? FACT | DIGITS : FACT;
        if (has(&view->heading, word) && !has(&other->heading, word)) found |= HEADLINE;
    }
    return found;
}

static void count_slot(Swaps *swaps, const View *a, const View *b, int64_t i, int64_t j, int64_t k, int64_t m) {
    if (j <= i || j - i > SLOT || m <= k || m - k > SLOT) return;
    int here = lacking(a, b, i, j), there = lacking(b, a, k, m), both = here & there;
    swaps->facts += (both & FACT) != 0;
    swaps->halves += ((here | there) & FACT) != 0;
    swaps->numbers += (both & DIGITS) != 0;
    swaps->headlines += (both & HEADLINE) != 0;
}

static void count_body(Swaps *swaps, const View *a, const View *b, const int32_t *where) {
    int64_t there = 0, here = 0;
    int any = 0;
    for (uint32_t index = 0; index < b->tokens; index++) {
        if (where[index] < 0) continue;
        count_slot(swaps, a, b, there, where[index], here, index);
        there = (int64_t)where[index] + 1;
        here = (int64_t)index + 1;
        any = 1;
        uint8_t flags = b->flags[index];
        swaps->numbers_kept += (flags & NUMBER) != 0;
        /* Words that open sentences are no facts: all may be capitalised there. */
        swaps->kept += flags & NUMBER || (flags & (CAPITAL | SENTENCE)) == CAPITAL;
    }
    if (any) count_slot(swaps, a, b, there, a->tokens, here, b->tokens);
}

/* Whether a headline has a number that the other text has nowhere. */
static int numbers_beyond(const View *view, const View *other) {
    for (uint32_t i = 0; i < view->titles; i++)
        if (view->title_flags[i] & NUMBER && !has(&other->everything, view->title[i])) return 1;
    return 0;
}

static void swap_pair(Room *room, const View *a, const View *b, void *made) {
    Swaps *swaps = made;
    Anchor *anchors = (Anchor *)room->runs; /* runs are not asked here, and take as much room */
    uint32_t count = find_anchors(room, a, b, anchors);
    count = keep_rising(anchors, count, room->numbers);
    if (count) {
        follow(room, a, b, anchors, count);
        count_body(swaps, a, b, room->where);
    }
    swaps->counted = numbers_beyond(a, b) && numbers_beyond(b, a);
    swaps->headings_shared = in_common(&a->heading, &b->heading);
    swaps->headings = (int64_t)a->heading.count + b->heading.count - swaps->headings_shared;
}

static PyObject *count_swaps(PyObject *module, PyObject *args) {
    (void)module;
    return count_pairs(args, sizeof(Swaps), swap_pair);
}

PyMethodDef swaps_methods[] = {
    {"swaps", count_swaps, METH_VARARGS,
     "swaps(longer: list[View], shorter: list[View]) -> bytes: the counts of each pair, int64."},
    {NULL, NULL, 0, NULL},
};
