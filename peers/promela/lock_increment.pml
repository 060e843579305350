/* Goroutines that each lock one lock, add one to what it protects, and unlock.
 * Macro: WORKERS.
 *
 * One transition an operation: the addition belongs to the unlock.
 */
bit held;
byte count;

active [WORKERS] proctype worker() {
    d_step { !held -> held = 1 };
    d_step { count++; held = 0 };
end:
    false
}
