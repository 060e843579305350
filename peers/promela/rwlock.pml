/* Readers and writers that each lock one lock once.  Macros: READERS, WRITERS.
 *
 * As Go's: a writer that finds readers announces itself, which keeps new readers
 * out, and holds the lock when they have left. Each of the two is a transition.
 */
byte readers;
byte writer; /* 0: none, 1: one has announced itself, 2: it holds the lock */

active [READERS] proctype reader() {
    d_step { writer == 0 -> readers++ };
    readers--;
end:
    false
}

active [WRITERS] proctype exclusive() {
    if
    :: d_step { writer == 0 && readers == 0 -> writer = 2 }
    :: d_step { writer == 0 && readers > 0 -> writer = 1 };
       d_step { readers == 0 -> writer = 2 }
    fi;
    writer = 0;
end:
    false
}
