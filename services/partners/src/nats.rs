//! A stream of NATS `JetStream` that events are published to.
//!
//! Each message names the number that the message before it has in the stream and, within one go, its id; the stream
//! refuses what does not follow. So a message that was sent long ago and arrives late, or one of a process that believes it is still its
//! turn, neither doubles an event nor changes their order.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use async_nats::ConnectOptions;
use async_nats::jetstream::context::{
    ContextBuilder, GetStreamErrorKind, PublishError, PublishErrorKind,
};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, LastRawMessageErrorKind, StorageType};
use async_nats::jetstream::{Context, ErrorCode};

/// How long a stream may take to confirm a message, and to answer a question.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How long an id is remembered by a stream that we make.
const REMEMBER_IDS: Duration = Duration::from_mins(10);

/// How we let the server in on who we are.
#[derive(Clone)]
pub enum Login {
    /// Not at all.
    Nobody,
    /// By a name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// By a token.
    Token(String),
    /// By a file with a user's JWT and its seed, as `nsc` makes it.
    CredentialsFile(PathBuf),
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Password { .. } => "Password(***)",
            Self::Token(_) => "Token(***)",
            Self::CredentialsFile(_) => "CredentialsFile",
        })
    }
}

/// Where the servers are and how they are spoken to.
#[derive(Debug, Clone)]
pub struct Servers {
    /// Their addresses, `nats://` or `tls://`; any of them will do.
    pub addresses: Vec<String>,
    /// Who we are.
    pub login: Login,
    /// A file with certificates (PEM) that are trusted beside those of the system.
    pub roots: Option<PathBuf>,
    /// Files with our certificate and its key (PEM).
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// A stream as it is to be; it is made if it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// What the subjects of all its messages begin with.
    pub prefix: String,
    /// On how many servers it is kept, if we make it.
    pub n_replicas: usize,
    /// How long it keeps messages, if we make it; none for ever.
    pub keep: Option<Duration>,
}

impl Wanted {
    fn subjects(&self) -> String {
        format!("{}.>", self.prefix)
    }

    fn config(&self) -> Config {
        Config {
            name: self.name.clone(),
            subjects: vec![self.subjects()],
            num_replicas: self.n_replicas,
            max_age: self.keep.unwrap_or_default(),
            duplicate_window: self.keep.map_or(REMEMBER_IDS, |keep| keep.min(REMEMBER_IDS)),
            storage: StorageType::File,
            ..Config::default()
        }
    }

    /// Whether a stream that is there can be used.
    fn check(&self, found: &Config) -> Result<(), NatsError> {
        let (name, subjects) = (&self.name, self.subjects());
        if !found.subjects.iter().any(|it| covers(it, &subjects)) {
            return Err(NatsError::Unusable(format!(
                "the stream `{name}` takes the subjects {:?}, not `{subjects}`: add it there, or choose another \
                 `relay.nats.stream` or `relay.nats.subject_prefix`",
                found.subjects
            )));
        }
        if found.no_ack {
            return Err(NatsError::Unusable(format!(
                "the stream `{name}` confirms nothing (`no_ack`): turn that off there, or choose another \
                 `relay.nats.stream`"
            )));
        }
        Ok(())
    }
}

/// A message for the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its subject.
    pub subject: String,
    /// Names it; the stream drops another with the same within its window.
    pub id: String,
    /// What kind of body it has.
    pub media_type: &'static str,
    /// Its body.
    pub body: String,
}

/// Where a stream ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The number of its last message, also if that is gone by now; 0 if there never was one.
    pub number: u64,
    /// The body of the last message that it still has.
    pub last_body: Option<Vec<u8>>,
}

/// What became of messages.
#[derive(Debug)]
pub struct Published {
    /// So many of them, from the first, are confirmed.
    pub n_confirmed: usize,
    /// The number of the last that is confirmed.
    pub number: u64,
    /// Why it is not all of them.
    pub failure: Option<NatsError>,
}

/// Why messages are not in the stream.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// Somebody else has written into the stream.
    #[error("the stream does not end where it should: {0}")]
    OutOfStep(String),
    /// The server cannot be reached, or does not do it now.
    #[error("NATS cannot be reached or refuses: {0}")]
    Failed(String),
    /// The settings or the stream have to be changed first.
    #[error("{0}")]
    Unusable(String),
}

impl NatsError {
    fn failed(error: impl fmt::Display) -> Self {
        Self::Failed(error.to_string())
    }

    fn of_publish(error: &PublishError) -> Self {
        match error.kind() {
            PublishErrorKind::WrongLastSequence | PublishErrorKind::WrongLastMessageId => {
                Self::OutOfStep(error.to_string())
            }
            PublishErrorKind::StreamNotFound
            | PublishErrorKind::TimedOut
            | PublishErrorKind::BrokenPipe
            | PublishErrorKind::MaxAckPending
            | PublishErrorKind::MaxPayloadExceeded
            | PublishErrorKind::Other => Self::failed(error),
        }
    }
}

/// A stream and the connection to it. The connection is made and made again in the background.
#[derive(Debug)]
pub struct Stream {
    context: Context,
    wanted: Wanted,
}

impl Stream {
    /// A stream on servers that need not be there yet.
    ///
    /// # Errors
    /// A file or an address cannot be used.
    pub async fn open(servers: &Servers, wanted: Wanted) -> Result<Self, NatsError> {
        let mut options = ConnectOptions::new().name("tasuki relay").retry_on_initial_connect();
        options = match &servers.login {
            Login::Nobody => options,
            Login::Password { user, password } => {
                options.user_and_password(user.clone(), password.clone())
            }
            Login::Token(token) => options.token(token.clone()),
            Login::CredentialsFile(path) => {
                options.credentials_file(path).await.map_err(|error| {
                    NatsError::Unusable(format!(
                        "the credentials in `{}` (`relay.nats.credentials`) cannot be used: {error}",
                        path.display()
                    ))
                })?
            }
        };
        if let Some(roots) = &servers.roots {
            options = options.add_root_certificates(roots.clone());
        }
        if let Some((certificate, key)) = &servers.certificate {
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        let client = options.connect(servers.addresses.as_slice()).await.map_err(|error| {
            NatsError::Unusable(format!("`relay.nats` cannot be used: {error}"))
        })?;
        let context = ContextBuilder::new().timeout(ANSWER_WITHIN).build(client);
        Ok(Self { context, wanted })
    }

    /// What it is to be.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// Makes the stream if it is not there, looks whether it can be used, and tells where it ends.
    ///
    /// # Errors
    /// [`NatsError`].
    pub async fn look(&self) -> Result<End, NatsError> {
        let name = &self.wanted.name;
        let found = match self.context.get_stream(name).await {
            Ok(stream) => stream,
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(said)
                    if said.error_code() == ErrorCode::STREAM_NOT_FOUND =>
                {
                    self.context.create_stream(self.wanted.config()).await.map_err(|error| {
                        NatsError::Failed(format!("the stream `{name}` cannot be made: {error}"))
                    })?;
                    self.context.get_stream(name).await.map_err(NatsError::failed)?
                }
                GetStreamErrorKind::EmptyName
                | GetStreamErrorKind::InvalidStreamName
                | GetStreamErrorKind::Request
                | GetStreamErrorKind::JetStream(_) => return Err(NatsError::failed(error)),
            },
        };
        let info = found.cached_info();
        self.wanted.check(&info.config)?;
        let last = found.get_last_raw_message_by_subject(&self.wanted.subjects()).await;
        let last_body = match last {
            Ok(message) => Some(message.payload.to_vec()),
            Err(error) => match error.kind() {
                LastRawMessageErrorKind::NoMessageFound => None,
                LastRawMessageErrorKind::InvalidSubject
                | LastRawMessageErrorKind::JetStream(_)
                | LastRawMessageErrorKind::Other => return Err(NatsError::failed(error)),
            },
        };
        Ok(End { number: info.state.last_sequence, last_body })
    }

    /// Publishes messages behind the one with a number, in order, and waits until each is confirmed.
    pub async fn publish(&self, after: u64, entries: &[Entry]) -> Published {
        let mut published = Published { n_confirmed: 0, number: after, failure: None };
        let mut sent = Vec::with_capacity(entries.len());
        let mut last_id: Option<&str> = None;
        for (entry, before) in entries.iter().zip(after..) {
            let mut message = PublishMessage::build()
                .message_id(&entry.id)
                .expected_stream(&self.wanted.name)
                .expected_last_sequence(before)
                .header("Content-Type", entry.media_type)
                .payload(entry.body.clone().into());
            // A number alone is not enough: with somebody else's message in between, one that was refused would leave
            // its place to the next.
            if let Some(id) = last_id.replace(&entry.id) {
                message = message.expected_last_message_id(id);
            }
            match self.context.send_publish(entry.subject.clone(), message).await {
                Ok(ack) => sent.push(ack),
                Err(error) => {
                    published.failure = Some(NatsError::of_publish(&error));
                    break;
                }
            }
        }
        // Those behind one that failed are refused, because they do not follow: nothing has to be called back.
        for ack in sent {
            match ack.await {
                Ok(confirmed) => {
                    published.n_confirmed = published.n_confirmed.saturating_add(1);
                    published.number = confirmed.sequence;
                }
                Err(error) => {
                    published.failure = Some(NatsError::of_publish(&error));
                    break;
                }
            }
        }
        published
    }
}

/// Whether every subject of a pattern is one of another, too.
fn covers(pattern: &str, narrow: &str) -> bool {
    let (mut wide, mut narrow) = (pattern.split('.'), narrow.split('.'));
    loop {
        match (wide.next(), narrow.next()) {
            (Some(">"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(token)) if token != ">" => {}
            (Some(one), Some(other)) if one == other => {}
            (Some(_) | None, Some(_) | None) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_is_narrower() {
        for (pattern, narrow, covered) in [
            ("tasuki.>", "tasuki.>", true),
            (">", "tasuki.>", true),
            ("acme.>", "acme.tasuki.>", true),
            ("*.tasuki.>", "acme.tasuki.>", true),
            ("tasuki.*", "tasuki.>", false),
            ("tasuki", "tasuki.>", false),
            ("tasuki.order.>", "tasuki.>", false),
            ("other.>", "tasuki.>", false),
        ] {
            assert_eq!(covers(pattern, narrow), covered, "{pattern} {narrow}");
        }
    }

    #[test]
    fn a_stream_that_confirms_nothing_or_takes_other_subjects_is_refused() {
        let (name, prefix) = ("TASUKI".to_owned(), "tasuki".to_owned());
        let wanted = Wanted { name, prefix, n_replicas: 1, keep: None };
        assert!(wanted.check(&wanted.config()).is_ok());
        let silent = Config { no_ack: true, ..wanted.config() };
        assert!(wanted.check(&silent).unwrap_err().to_string().contains("no_ack"));
        let other = Config { subjects: vec!["orders.>".to_owned()], ..wanted.config() };
        let said = wanted.check(&other).unwrap_err().to_string();
        assert!(said.contains("`tasuki.>`") && said.contains("orders.>"), "{said}");
    }

    #[test]
    fn nobody_prints_a_password() {
        let login = Login::Password { user: "tasuki".to_owned(), password: "hush".to_owned() };
        assert!(!format!("{login:?}{:?}", Login::Token("hush".to_owned())).contains("hush"));
    }
}
