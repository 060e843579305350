/* Dining philosophers.  Macros: SEATS, ROUNDS (meals each), ORDERED (0 or 1).
 *
 * One transition an operation, as in the other programs of this family: a lock
 * is a d_step (test and set), an unlock is one assignment, and the round is
 * counted in the d_step of the first lock.
 *
 * A philosopher that has had its meals stays at its first lock, which is marked
 * as a valid end state; were it to die instead, its death would add states.
 * The mark hides no deadlock: when nothing can move, a fork is held, and its
 * holder waits at its second lock, which has no mark.
 */
#define FIRST  ((ORDERED && _pid == SEATS - 1) -> 0 : _pid)
#define SECOND ((ORDERED && _pid == SEATS - 1) -> SEATS - 1 : (_pid + 1) % SEATS)

bit held[SEATS];

active [SEATS] proctype philosopher() {
    byte meals = 0;
end:
    do
    :: d_step { meals < ROUNDS && !held[FIRST] -> held[FIRST] = 1; meals++ };
       d_step { !held[SECOND] -> held[SECOND] = 1 };
       held[SECOND] = 0;
       held[FIRST] = 0
    od
}
