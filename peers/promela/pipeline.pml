/* Pipeline.  Macros: STAGES, CAPACITY, SENDS (of the source), STEPS (of a stage, a
 * receive and a send for each value) and RECEIVES (of main).
 *
 * Written out, and all end in a blocked but valid end state: see fan_in.pml.
 */
chan c[STAGES + 1] = [CAPACITY] of { bit };

active [STAGES] proctype stage() {
    STEPS;
end:
    false
}

active proctype source() {
    SENDS;
end:
    false
}

active proctype sink() {
    RECEIVES;
end:
    false
}
