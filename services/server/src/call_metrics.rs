//! How often each call is made, with which status, and how long it takes.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Histogram};
use tasuki_proto::DESCRIPTOR_POOL;

/// What a call is named that no contract has: whoever makes names up must not fill the memory with them.
const UNKNOWN: &str = "unknown";

/// The status codes of gRPC, from `OK` to `UNAUTHENTICATED`.
const N_CODES: usize = 17;

/// The metrics of each call of the contracts. They are looked up by name when a status comes first, not for each call.
#[derive(Debug)]
pub(crate) struct CallMetrics {
    by_path: HashMap<String, Method>,
    unknown: Method,
}

/// The metrics of one call, by status code.
#[derive(Debug)]
pub(crate) struct Method {
    name: String,
    codes: [OnceLock<(Counter, Histogram)>; N_CODES],
}

impl CallMetrics {
    pub(crate) fn new() -> Self {
        let calls = DESCRIPTOR_POOL.services().flat_map(|service| {
            let name = service.full_name().to_owned();
            let methods: Vec<_> = service.methods().map(|it| it.name().to_owned()).collect();
            methods.into_iter().map(move |method| format!("{name}/{method}"))
        });
        let by_path = calls.map(|name| (format!("/{name}"), Method::named(name))).collect();
        Self { by_path, unknown: Method::named(UNKNOWN.to_owned()) }
    }

    /// The metrics of the call with this path: `/tasuki.quote.v1.QuoteService/CreateQuote`.
    pub(crate) fn of(&self, path: &str) -> &Method {
        self.by_path.get(path).unwrap_or(&self.unknown)
    }
}

impl Method {
    fn named(name: String) -> Self {
        Self { name, codes: [const { OnceLock::new() }; N_CODES] }
    }

    /// Its name: `tasuki.quote.v1.QuoteService/CreateQuote`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Notes an answer.
    pub(crate) fn answered(&self, code: i32, took: Duration) {
        // Invariant: our own services answer with codes of gRPC only.
        let place = usize::try_from(code).ok().and_then(|code| self.codes.get(code));
        let Some((count, seconds)) = place.map(|of| of.get_or_init(|| self.register(code))) else {
            return;
        };
        count.increment(1);
        seconds.record(took.as_secs_f64());
    }

    fn register(&self, code: i32) -> (Counter, Histogram) {
        let labels = [("method", self.name.clone()), ("code", code.to_string())];
        (
            metrics::counter!("tasuki_calls_total", &labels),
            metrics::histogram!("tasuki_call_seconds", &labels),
        )
    }
}
