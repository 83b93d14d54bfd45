//! One type per id, each with a prefix, so that a log line tells what it is.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Why a text is not the id that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// The text starts with another prefix, or none.
    #[error("expected an id that starts with `{expected}_`")]
    Prefix {
        /// The prefix that was asked for.
        expected: &'static str,
    },
    /// What follows the prefix is not a UUID in its hyphenated lower-case form.
    #[error("what follows `{expected}_` is not a hyphenated lower-case uuid")]
    Uuid {
        /// The prefix that was asked for.
        expected: &'static str,
    },
}

/// Where new ids come from; a test counts, the server draws UUIDs of version 7.
pub trait IdSource: Send + Sync + fmt::Debug {
    /// A UUID that was never given out before.
    fn next_uuid(&self) -> Uuid;
}

impl dyn IdSource {
    /// A new id of the type that the caller expects.
    pub fn next<T: From<Uuid>>(&self) -> T {
        T::from(self.next_uuid())
    }
}

/// Reads `prefix_uuid`; only the canonical form is accepted, so that one id has one text.
fn parse(prefix: &'static str, text: &str) -> Result<Uuid, ParseIdError> {
    let rest = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or(ParseIdError::Prefix { expected: prefix })?;
    let uuid = Uuid::try_parse(rest).map_err(|_| ParseIdError::Uuid { expected: prefix })?;
    if uuid.hyphenated().to_string() == rest {
        Ok(uuid)
    } else {
        Err(ParseIdError::Uuid { expected: prefix })
    }
}

/// The namespace of ids that are derived from a code.
const CODES: Uuid = Uuid::from_u128(0x7a5c_1e0d_93b4_4f0e_8d21_6b1f_52c0_9a77);

/// Gives an id type ids that are derived from a permanent code, so that settings and files can name
/// the code and every installation agrees on the id.
macro_rules! id_of_code {
    ($name:ident) => {
        impl $name {
            /// The id of a code; always the same for the same code.
            pub fn of_code(code: &str) -> Self {
                let named = format!("{}:{code}", $name::PREFIX);
                Self(Uuid::new_v5(&CODES, named.as_bytes()))
            }
        }
    };
}

/// Declares an id type: `id!(/// A quote. QuoteId, "quo");`.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// What its text form starts with.
            pub const PREFIX: &'static str = $prefix;

            /// The bare UUID, as the database keeps it.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, self.0.hyphenated())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse($prefix, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(/// A customer company.
    TenantId, "ten");
id!(/// An ISV that sells the bundle, or the operator of the scheme.
    PartnerId, "par");
id!(/// Who runs a security service.
    ProviderId, "prv");
id!(/// Who carries the insured risk.
    InsurerId, "ins");
id!(/// An offer with an end date.
    QuoteId, "quo");
id!(/// A tenant's running plan.
    SubscriptionId, "sub");
id!(/// The task of setting a bundle up across providers.
    OrderId, "ord");
id!(/// One service of an order; also the instance id that its provider knows.
    ItemId, "itm");
id!(/// One detection by a provider.
    AlertId, "alt");
id!(/// Something a person must look at, made of alerts.
    IncidentId, "inc");
id!(/// A phone call or mail that is to be made or was made.
    NoticeId, "ntc");
id!(/// The insurer's contract with the operator.
    MasterContractId, "mct");
id!(/// One tenant's cover under a master contract.
    CertificateId, "crt");
id!(/// A claim against a certificate.
    ClaimId, "clm");
id!(/// The stored record of a policy's facts and outcome.
    DecisionId, "dec");
id!(/// A record of dated evidence.
    EvidenceId, "evd");
id!(/// An invoice.
    InvoiceId, "inv");
id!(/// A credit note against an invoice.
    CreditNoteId, "crn");
id!(/// Money received.
    PaymentId, "pay");
id!(/// The monthly balance with a provider, partner or insurer.
    SettlementId, "stl");
id!(/// One reported use of a service.
    UsageId, "usg");
id!(/// An event in the outbox.
    EventId, "evt");
id!(/// A piece of work of a provider without a server.
    WorkId, "wrk");
id!(/// A job of the worker.
    JobId, "job");
id!(/// An address that events are sent to.
    WebhookEndpointId, "whe");
id!(/// A secret with which deliveries to an endpoint are signed.
    WebhookSecretId, "whs");

id!(/// One location of a customer company, as limits are counted by it: derived from its code.
    SiteId, "sit");

impl SiteId {
    /// The id of a tenant's site of a code; always the same for the same two.
    pub fn of(tenant: TenantId, code: &str) -> Self {
        Self(Uuid::new_v5(&tenant.as_uuid(), code.as_bytes()))
    }
}

id_of_code!(PartnerId);
id_of_code!(ProviderId);
id_of_code!(InsurerId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = ClaimId::from(Uuid::from_u128(7));
        assert_eq!(id.to_string(), "clm_00000000-0000-0000-0000-000000000007");
        assert_eq!(id.to_string().parse::<ClaimId>(), Ok(id));
    }

    #[test]
    fn the_prefix_of_another_type_is_refused() {
        let text = "inc_01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(text.parse::<ClaimId>(), Err(ParseIdError::Prefix { expected: "clm" }));
        assert!(text.parse::<IncidentId>().is_ok());
    }

    #[test]
    fn one_id_has_one_text() {
        for text in [
            "inc_01890A5D-AC96-774B-BCCE-B302099A8057",
            "inc_01890a5dac96774bbcceb302099a8057",
            "inc_{01890a5d-ac96-774b-bcce-b302099a8057}",
            "inc_",
            "inc",
        ] {
            assert!(text.parse::<IncidentId>().is_err(), "{text}");
        }
    }
}
