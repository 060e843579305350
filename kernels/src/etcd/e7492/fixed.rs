//! Upstream `auth/simple_token.go` after the fix.

use std::collections::BTreeSet;

use gordian_checker::sync::{
    Chan, Mutex, MutexGuard, Shared, Timer, chan, defer, go, mutex, select, shared, ticker,
    waitgroup,
};

use super::buggy::{Token, is_expired};

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct SimpleTokenTtlKeeper {
    tokens_mu: Mutex<BTreeSet<Token>>,
    stop_ch: Chan<Chan<()>>,
}

fn new_simple_token_ttl_keeper(t: TokenSimple) -> SimpleTokenTtlKeeper {
    let stk = SimpleTokenTtlKeeper {
        tokens_mu: mutex("tokensMu", BTreeSet::new()),
        stop_ch: chan("stopCh", 0),
    };
    let token_ticker = ticker("tokenTicker", 1);
    go("run", move || {
        stk.run(token_ticker, |token| t.delete_token_func(token));
    });
    stk
}

impl SimpleTokenTtlKeeper {
    fn stop(self) {
        let wait_ch = chan("waitCh", 0);
        self.stop_ch.send(wait_ch);
        wait_ch.recv();
        self.stop_ch.close();
    }

    /// The caller holds tokensMu.
    fn add_simple_token(tokens: &mut MutexGuard<BTreeSet<Token>>, token: Token) {
        tokens.insert(token);
    }

    fn run(self, token_ticker: Timer, delete_token_func: impl Fn(Token)) {
        let _stop = defer(move || {
            token_ticker.stop();
        });
        loop {
            select! {
                recv(token_ticker.c) => {
                    let mut tokens = self.tokens_mu.lock();
                    for t in tokens.clone() {
                        if is_expired(t) {
                            delete_token_func(t);
                            tokens.remove(&t);
                        }
                    }
                    tokens.unlock();
                }
                recv(self.stop_ch) -> wait_ch => {
                    wait_ch.expect("stopCh is closed by who sent on it").send(());
                    return;
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct TokenSimple {
    simple_token_keeper: Shared<Option<SimpleTokenTtlKeeper>>,
    simple_tokens_mu: Mutex<BTreeSet<Token>>,
}

impl TokenSimple {
    fn keeper(self) -> SimpleTokenTtlKeeper {
        self.simple_token_keeper.get().expect("enabled")
    }

    fn assign_simple_token_to_user(self, token: Token) {
        let mut tokens = self.keeper().tokens_mu.lock();
        let mut simple_tokens = self.simple_tokens_mu.lock();
        assert!(simple_tokens.insert(token), "token is already used");
        SimpleTokenTtlKeeper::add_simple_token(&mut tokens, token);
        simple_tokens.unlock();
        tokens.unlock();
    }

    fn delete_token_func(self, token: Token) {
        let mut simple_tokens = self.simple_tokens_mu.lock();
        simple_tokens.remove(&token);
    }

    fn enable(self) {
        self.simple_token_keeper
            .set(Some(new_simple_token_ttl_keeper(self)));
    }

    fn disable(self) {
        if let Some(keeper) = self.simple_token_keeper.get() {
            keeper.stop();
            self.simple_token_keeper.set(None);
        }
        let mut simple_tokens = self.simple_tokens_mu.lock();
        simple_tokens.clear();
        simple_tokens.unlock();
    }
}

/// `TestHammerSimpleAuthenticate`, with three users.
pub fn main() {
    let t = TokenSimple {
        simple_token_keeper: shared("t.simpleTokenKeeper", None),
        simple_tokens_mu: mutex("t.simpleTokensMu", BTreeSet::new()),
    };
    t.enable();
    let _tear_down = defer(move || t.disable());

    let wg = waitgroup("wg");
    wg.add(3);
    for user in 0..3 {
        go("Authenticate", move || {
            let _done = defer(move || wg.done());
            t.assign_simple_token_to_user(user);
        });
    }
    wg.wait();
}
