//! A bar on the terminal. It is not drawn where nobody looks.

use indicatif::{ProgressBar, ProgressStyle};

/// How far the demo is.
#[derive(Debug, Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// A bar of so many steps; it draws itself on a terminal only.
    pub(crate) fn new(n_steps: usize) -> Self {
        let bar = ProgressBar::new(u64::try_from(n_steps).unwrap_or(u64::MAX));
        let shown = "{elapsed_precise} [{bar:40}] {pos}/{len} {msg}";
        if let Ok(style) = ProgressStyle::with_template(shown) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// Says what is going on now.
    pub(crate) fn scene(&self, what: &'static str) {
        self.0.set_message(what);
    }

    /// One step more is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// Takes the bar away.
    pub(crate) fn done(&self) {
        self.0.finish_and_clear();
    }
}
