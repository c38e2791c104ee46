//! Captures the log of this thread.

use std::{cell::RefCell, collections::BTreeMap, fmt::Debug, sync::Once};
use tokio::sync::mpsc;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
};

/// A line of the log.
#[derive(Clone, Debug)]
pub struct LogLine {
    pub level: Level,
    pub message: String,
    pub fields: BTreeMap<String, String>,
}

impl LogLine {
    /// A field's text, "" when absent.
    pub fn get(&self, field: &str) -> &str {
        self.fields.get(field).map_or("", String::as_str)
    }
}

thread_local! {
    static LINE_SENDER: RefCell<Option<mpsc::UnboundedSender<LogLine>>> = const { RefCell::new(None) };
}

/// The captured lines; capturing ends when this is dropped.
pub struct LogCapture {
    lines: mpsc::UnboundedReceiver<LogLine>,
}

impl LogCapture {
    /// Begins to capture.
    pub fn listen() -> Self {
        static INSTALL: Once = Once::new();
        // One subscriber for the process, since the interest in a call site is cached for all threads.
        INSTALL.call_once(|| {
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(CaptureLayer))
                .expect("the only one");
        });
        let (sender, lines) = mpsc::unbounded_channel();
        LINE_SENDER.with_borrow_mut(|listener| *listener = Some(sender));
        Self { lines }
    }

    /// Waits for the next line with this message.
    pub async fn next(&mut self, message: &str) -> LogLine {
        loop {
            let line = self.lines.recv().await.expect("the log is open");
            if line.message == message {
                return line;
            }
        }
    }

    /// The remaining lines.
    pub fn drain(&mut self) -> Vec<LogLine> {
        std::iter::from_fn(|| self.lines.try_recv().ok()).collect()
    }
}

struct CaptureLayer;

impl<S: Subscriber> Layer<S> for CaptureLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if !event.metadata().target().starts_with("gleaner") {
            return;
        }
        LINE_SENDER.with_borrow(|listener| {
            if let Some(listener) = listener {
                let level = *event.metadata().level();
                let mut line = LogLine { level, message: String::new(), fields: BTreeMap::new() };
                event.record(&mut FieldVisitor(&mut line));
                // Fails when the log was dropped.
                let _ = listener.send(line);
            }
        });
    }
}

struct FieldVisitor<'a>(&'a mut LogLine);

impl Visit for FieldVisitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.fields.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.0.message = text;
        } else {
            self.0.fields.insert(field.name().to_owned(), text);
        }
    }
}
