//! Upstream `auth/simple_token.go` before the fix.

use std::collections::BTreeSet;

use gordian_checker::sync::{
    Chan, RwLock, Shared, Timer, chan, choose, defer, go, rwlock, select, shared, ticker, waitgroup,
};

/// A token, identified by the number of its user.
pub type Token = u32;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct SimpleTokenTtlKeeper {
    add_simple_token_ch: Chan<Token>,
    stop_ch: Chan<Chan<()>>,
}

fn new_simple_token_ttl_keeper(t: TokenSimple) -> SimpleTokenTtlKeeper {
    let stk = SimpleTokenTtlKeeper {
        add_simple_token_ch: chan("addSimpleTokenCh", 1),
        stop_ch: chan("stopCh", 0),
    };
    let token_ticker = ticker("tokenTicker", 1);
    go("run", move || {
        stk.run(token_ticker, |token| t.delete_token_func(token));
    });
    stk
}

/// Returns true if the token has expired: `nowtime.After(tokenendtime)`.
pub fn is_expired(_: Token) -> bool {
    choose(2) == 1
}

impl SimpleTokenTtlKeeper {
    fn stop(self) {
        let wait_ch = chan("waitCh", 0);
        self.stop_ch.send(wait_ch);
        wait_ch.recv();
        self.stop_ch.close();
    }

    fn add_simple_token(self, token: Token) {
        self.add_simple_token_ch.send(token);
    }

    fn run(self, token_ticker: Timer, delete_token_func: impl Fn(Token)) {
        let _stop = defer(move || {
            token_ticker.stop();
        });
        let mut tokens = BTreeSet::new();
        loop {
            select! {
                recv(self.add_simple_token_ch) -> t => {
                    tokens.insert(t.expect("addSimpleTokenCh is never closed"));
                }
                recv(token_ticker.c) => {
                    for t in tokens.clone() {
                        if is_expired(t) {
                            delete_token_func(t);
                            tokens.remove(&t);
                        }
                    }
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
    simple_tokens_mu: RwLock<BTreeSet<Token>>,
}

impl TokenSimple {
    fn keeper(self) -> SimpleTokenTtlKeeper {
        self.simple_token_keeper.get().expect("enabled")
    }

    fn assign_simple_token_to_user(self, token: Token) {
        let mut simple_tokens = self.simple_tokens_mu.lock();
        assert!(simple_tokens.insert(token), "token is already used");
        self.keeper().add_simple_token(token);
        simple_tokens.unlock();
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
        simple_tokens_mu: rwlock("t.simpleTokensMu", BTreeSet::new()),
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
