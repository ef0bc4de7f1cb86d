/* What pairs of texts have in common, as whole numbers: the counts under `pairs.measure` and `marks`. */
#include <stdlib.h>

#include "alignment.h"
#include "sequences.h"

/* The columns of `measure`, in this order; dedup/counting.py names them. */
typedef struct {
    int64_t matched_long, matched_short; /* tokens that runs cover */
    int64_t total, squares;              /* of the runs' lengths */
    int64_t slots, fact_slots;
    int64_t heading[2], heading_found[2], subject[2], subject_found[2]; /* of the longer and of the shorter */
    int64_t middle; /* the median place of the shorter's lead in the longer, -1: nowhere */
    int64_t grams;  /* of the longer */
} Counts;

/* ----------------------------------------------------------------------------- runs */

static int ascending(const void *a, const void *b) {
    const Run *left = a, *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

/* How many tokens of one of the texts the runs cover, overlaps once. They stand in its order. */
static int64_t covered(const Run *runs, uint32_t count, int of_first) {
    int64_t covered = 0, end = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t from = of_first ? runs[i].first : runs[i].second, to = from + runs[i].tokens;
        if (from < end) from = end;
        if (to > end) end = to;
        covered += end > from ? end - from : 0;
    }
    return covered;
}

/* Put the runs into the order of the first text; most often they are in it. */
static void order_by_first(Run *runs, uint32_t count) {
    for (uint32_t i = 1; i < count; i++)
        if (runs[i].first < runs[i - 1].first) {
            qsort(runs, count, sizeof *runs, ascending);
            return;
        }
}

/* Whether a number or a capitalised word in from…to is nowhere in the other text. */
static int lacks_fact(const View *view, const View *other, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; i++)
        if (view->flags[i] & (NUMBER | CAPITAL) && !has(&other->everything, view->body[i])) return 1;
    return 0;
}

static void count_slot(Counts *counts, const View *a, const View *b, int64_t i, int64_t j, int64_t k, int64_t m) {
    if (j <= i || j - i > SLOT || m <= k || m - k > SLOT) return;
    counts->slots++;
    if (j <= a->tokens && m <= b->tokens && lacks_fact(a, b, i, j) && lacks_fact(b, a, k, m)) counts->fact_slots++;
}

/* The short substitutions between neighbouring runs, and between them and the ends of both texts. */
static void count_slots(Counts *counts, const View *a, const View *b, const Run *runs, uint32_t count) {
    int64_t i = 0, k = 0;
    for (uint32_t n = 0; n < count; n++) {
        count_slot(counts, a, b, i, runs[n].first, k, runs[n].second);
        i = (int64_t)runs[n].first + runs[n].tokens;
        k = (int64_t)runs[n].second + runs[n].tokens;
    }
    if (count) count_slot(counts, a, b, i, a->tokens, k, b->tokens);
}

/* The median of where the shorter's lead is found. A repeated shingle counts at its first place. */
static int64_t lead_middle(Room *room, const View *shorter) {
    uint32_t found[LEAD], count = 0;
    for (uint32_t i = 0; i < shorter->gram_count; i++) {
        uint64_t gram = shorter->grams[i];
        if (i && gram_hash(shorter->grams[i - 1]) == gram_hash(gram)) continue;
        if (gram_place(gram) >= LEAD - WIDTH + 1 || room->where[gram_place(gram)] < 0) continue;
        uint32_t where = (uint32_t)room->where[gram_place(gram)], at = count++;
        for (; at > 0 && found[at - 1] > where; at--) found[at] = found[at - 1];
        found[at] = where;
    }
    return count ? (int64_t)found[count / 2] : -1;
}

static void measure_pair(Room *room, const View *a, const View *b, void *made) {
    Counts *counts = made;
    find_positions(room, a, b);
    uint32_t runs = find_runs(room, a, b);
    for (uint32_t i = 0; i < runs; i++) {
        int64_t tokens = room->runs[i].tokens;
        counts->total += tokens;
        counts->squares += tokens * tokens;
    }
    count_slots(counts, a, b, room->runs, runs);
    counts->matched_short = covered(room->runs, runs, 0);
    order_by_first(room->runs, runs);
    counts->matched_long = covered(room->runs, runs, 1);
    const View *sides[2] = {a, b};
    for (int side = 0; side < 2; side++) {
        const View *own = sides[side], *other = sides[1 - side];
        counts->heading[side] = own->heading.count;
        counts->heading_found[side] = in_common(&own->heading, &other->everything);
        counts->subject[side] = own->subject.count;
        counts->subject_found[side] = in_common(&own->subject, &other->everything);
    }
    counts->middle = lead_middle(room, b);
    counts->grams = a->gram_count;
}

/* ----------------------------------------------------------------------------- for Python */

static PyObject *measure(PyObject *module, PyObject *args) {
    (void)module;
    return count_pairs(args, sizeof(Counts), measure_pair);
}

/* Whether a passage has a number or a name that the other text lacks, or any negation (marks._telling). */
static int is_telling(const View *view, int64_t from, int64_t to, const View *other) {
    int lacking = 0;
    for (int64_t i = from; i < to && i < view->tokens; i++) {
        uint8_t flags = view->flags[i];
        if (flags & NEGATION) return 1;
        int named = flags & CAPITAL && !(flags & (SENTENCE | PARAGRAPH));
        lacking |= (flags & NUMBER || named) && !has(&other->everything, view->body[i]);
    }
    return lacking;
}

static int says_otherwise(const View *canonical, const View *copy, const Run *runs, uint32_t count) {
    for (uint32_t n = 1; n < count; n++) {
        int64_t i = (int64_t)runs[n - 1].first + runs[n - 1].tokens, j = runs[n].first;
        int64_t k = (int64_t)runs[n - 1].second + runs[n - 1].tokens, m = runs[n].second;
        if (j < i || j - i > SLOT || m < k || m - k > SLOT || j - i + m - k == 0) continue;
        if (is_telling(canonical, i, j, copy) || is_telling(copy, k, m, canonical)) return 1;
    }
    return 0;
}

static PyObject *marks(PyObject *module, PyObject *args) {
    (void)module;
    View *canonical, *copy;
    if (!PyArg_ParseTuple(args, "O!O!", view_type, &canonical, view_type, &copy)) return NULL;
    Room room = {NULL, NULL, NULL, 0};
    if (!make_room(&room, canonical, copy)) return PyErr_NoMemory();
    find_positions(&room, canonical, copy);
    uint32_t runs = find_runs(&room, canonical, copy);
    int64_t shared = covered(room.runs, runs, 0), tokens = copy->tokens;
    int differs = says_otherwise(canonical, copy, room.runs, runs);
    free_room(&room);
    return Py_BuildValue("LO", (long long)(tokens > shared ? tokens - shared : 0), differs ? Py_True : Py_False);
}

PyMethodDef pairs_methods[] = {
    {"measure", measure, METH_VARARGS,
     "measure(longer: list[View], shorter: list[View]) -> bytes: the counts of each pair, int64."},
    {"marks", marks, METH_VARARGS, "marks(canonical: View, copy: View) -> (tokens added, whether it differs)."},
    {NULL, NULL, 0, NULL},
};
