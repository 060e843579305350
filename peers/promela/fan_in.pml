/* Fan-in.  Macros: SENDERS, CAPACITY, SENDS (the statements of one sender, a
 * send for each value) and RECEIVES (the receiver's, one for each value of all).
 *
 * Written out, since a loop would need a counter, and the steps on the counter
 * would add states: 10,000 in place of 625 for 4 senders of 4 values.
 *
 * All end in a blocked but valid end state: were they to die, their deaths would
 * add states.
 */
chan values = [CAPACITY] of { bit };

active [SENDERS] proctype sender() {
    SENDS;
end:
    false
}

active proctype receiver() {
    bit value;
    RECEIVES;
end:
    false
}
