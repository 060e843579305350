/* Goroutines that each read once a cell that one more writes once.  Macro: READERS.
 *
 * What was read is not kept, since nobody asks for it.
 */
bit cell;

active [READERS] proctype reader() {
    cell >= 0;
end:
    false
}

active proctype writer() {
    cell = 1;
end:
    false
}
