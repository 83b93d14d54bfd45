//! Every reason why a call can fail: one closed list.
//!
//! The text form of a reason is stable and is what callers match on. `docs/errors.md` says for each
//! what it means and what the caller does; a test compares the two.

/// What a caller can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Fix the request.
    Invalid,
    /// Look for something that exists.
    NotFound,
    /// It is there already: read it.
    AlreadyExists,
    /// A race was lost: read again and repeat.
    Conflict,
    /// Change the state of the subject first.
    NotAllowedNow,
    /// Sign in.
    Unauthenticated,
    /// Ask for rights.
    Forbidden,
    /// Slow down.
    Exhausted,
    /// Try again, with the same request id.
    Unavailable,
    /// The deadline passed; the outcome is unknown: ask again with the same request id.
    DeadlineExceeded,
    /// The call is part of the contract and not yet served by this version.
    Unimplemented,
    /// Nothing; we are told.
    Internal,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $kind:ident;)*) => {
        /// Why a call failed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $($(#[$doc])* $name,)*
        }

        impl Reason {
            /// Every reason, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable text that callers match on.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What the caller can do.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }
        }
    };
}

reasons! {
    // The call itself
    /// A field of the request breaks a rule; the violations name each field.
    RequestInvalid, "REQUEST_INVALID", Invalid;
    /// The request id was used before with another body.
    RequestIdReused, "REQUEST_ID_REUSED", Invalid;
    /// The page token was not made by this list, or with other filters.
    PageTokenInvalid, "PAGE_TOKEN_INVALID", Invalid;
    /// The resource was changed since it was read: its etag differs.
    EtagMismatch, "ETAG_MISMATCH", Conflict;
    /// Two calls changed the same thing at once; this one lost and did nothing.
    LostRace, "LOST_RACE", Conflict;
    /// No credentials, or none that this server knows.
    Unauthenticated, "UNAUTHENTICATED", Unauthenticated;
    /// The caller's role does not allow this call.
    RoleForbidden, "ROLE_FORBIDDEN", Forbidden;
    /// More calls than the server admits at once.
    TooManyCalls, "TOO_MANY_CALLS", Exhausted;
    /// The call took longer than its deadline or the server's bound.
    DeadlineExceeded, "DEADLINE_EXCEEDED", DeadlineExceeded;
    /// The database did not answer or is shutting down.
    StoreUnavailable, "STORE_UNAVAILABLE", Unavailable;
    /// The call is defined in the contract and not served by this version.
    NotServedYet, "NOT_SERVED_YET", Unimplemented;
    /// A bug or a broken installation; the log has the details.
    Internal, "INTERNAL", Internal;

    // Tenants, partners, providers
    /// No tenant of that id that the caller may see.
    TenantNotFound, "TENANT_NOT_FOUND", NotFound;
    /// The partner has a tenant with that reference already; the metadata names it.
    TenantExists, "TENANT_EXISTS", AlreadyExists;
    /// No partner of that id that the caller may see.
    PartnerNotFound, "PARTNER_NOT_FOUND", NotFound;
    /// A partner with that code exists already.
    PartnerExists, "PARTNER_EXISTS", AlreadyExists;
    /// No provider of that name.
    ProviderNotFound, "PROVIDER_NOT_FOUND", NotFound;
    /// A provider of that name is registered already.
    ProviderExists, "PROVIDER_EXISTS", AlreadyExists;
    /// The tenant runs on real time: only a simulated clock can be moved.
    ClockNotSimulated, "CLOCK_NOT_SIMULATED", NotAllowedNow;
    /// A clock only moves forward.
    ClockMovesBack, "CLOCK_MOVES_BACK", Invalid;
    /// Work that was due is still not done; the clock stands where the work is stuck.
    ClockStuck, "CLOCK_STUCK", Unavailable;

    // Webhooks
    /// No webhook endpoint of that id that the caller may see.
    WebhookEndpointNotFound, "WEBHOOK_ENDPOINT_NOT_FOUND", NotFound;
    /// The endpoint's state does not allow the command.
    WebhookEndpointState, "WEBHOOK_ENDPOINT_STATE", NotAllowedNow;
    /// Events may not be sent to that address; the metadata says why.
    WebhookAddressRefused, "WEBHOOK_ADDRESS_REFUSED", Invalid;
    /// The partner has as many endpoints as it may have.
    TooManyWebhookEndpoints, "TOO_MANY_WEBHOOK_ENDPOINTS", NotAllowedNow;

    // Catalogue, quotes, subscriptions
    /// No rate card of that name or for that day.
    RateCardNotFound, "RATE_CARD_NOT_FOUND", NotFound;
    /// The file of the rate card has errors; the violations give file, line, column and remedy.
    RateCardInvalid, "RATE_CARD_INVALID", Invalid;
    /// A version of that name is stored already, with other content.
    RateCardVersionExists, "RATE_CARD_VERSION_EXISTS", AlreadyExists;
    /// The version's state does not allow the command.
    RateCardState, "RATE_CARD_STATE", NotAllowedNow;
    /// Two versions would be in force on the same days.
    RateCardPeriodOverlap, "RATE_CARD_PERIOD_OVERLAP", NotAllowedNow;
    /// No version would be in force for some days.
    RateCardPeriodGap, "RATE_CARD_PERIOD_GAP", NotAllowedNow;
    /// No plan of that code and version is sold.
    PlanNotFound, "PLAN_NOT_FOUND", NotFound;
    /// The selection asks for something that the rate card does not sell like that.
    SelectionInvalid, "SELECTION_INVALID", Invalid;
    /// Beyond the largest tier: a person must quote it (要見積).
    NeedsPersonalQuote, "NEEDS_PERSONAL_QUOTE", NotAllowedNow;
    /// The eligibility pack says no; the metadata names every failed condition.
    NotEligible, "NOT_ELIGIBLE", NotAllowedNow;
    /// No quote of that id.
    QuoteNotFound, "QUOTE_NOT_FOUND", NotFound;
    /// The quote's state does not allow the command.
    QuoteState, "QUOTE_STATE", NotAllowedNow;
    /// The quote's validity has ended.
    QuoteExpired, "QUOTE_EXPIRED", NotAllowedNow;
    /// No subscription of that id.
    SubscriptionNotFound, "SUBSCRIPTION_NOT_FOUND", NotFound;
    /// The subscription's state does not allow the command.
    SubscriptionState, "SUBSCRIPTION_STATE", NotAllowedNow;
    /// The same bill was promised, and by the other prices it would not be.
    BillWouldChange, "BILL_WOULD_CHANGE", NotAllowedNow;

    // Policies
    /// No pack of that name, version or date.
    PackNotFound, "PACK_NOT_FOUND", NotFound;
    /// The pack has errors; the violations give file, line, column and remedy.
    PackInvalid, "PACK_INVALID", Invalid;
    /// Cases of the pack fail, or leave conditions unseen.
    PackUntested, "PACK_UNTESTED", NotAllowedNow;
    /// A version of that name is stored already, with other content.
    PackVersionExists, "PACK_VERSION_EXISTS", AlreadyExists;
    /// The version's state does not allow the command.
    PackVersionState, "PACK_VERSION_STATE", NotAllowedNow;
    /// Two versions would decide about the same time.
    PackPeriodOverlap, "PACK_PERIOD_OVERLAP", NotAllowedNow;
    /// No version would decide for a while.
    PackPeriodGap, "PACK_PERIOD_GAP", NotAllowedNow;
    /// Something was decided already about the time that the version is to take over.
    PackPeriodDecided, "PACK_PERIOD_DECIDED", NotAllowedNow;
    /// No decision of that id.
    DecisionNotFound, "DECISION_NOT_FOUND", NotFound;

    // Provisioning
    /// No order of that id that the caller may see.
    OrderNotFound, "ORDER_NOT_FOUND", NotFound;
    /// The order has no item of that id.
    ItemNotFound, "ITEM_NOT_FOUND", NotFound;
    /// The order's state does not allow the command.
    OrderState, "ORDER_STATE", NotAllowedNow;
    /// The item's state does not allow the command.
    ItemState, "ITEM_STATE", NotAllowedNow;
    /// Preflight refuses an item; the metadata names it and the reason code.
    PreflightRefused, "PREFLIGHT_REFUSED", NotAllowedNow;
    /// The item waits for another customer's step than the one that was confirmed.
    CustomerStepMismatch, "CUSTOMER_STEP_MISMATCH", NotAllowedNow;
    /// No provider offers that component.
    ComponentNotOffered, "COMPONENT_NOT_OFFERED", NotFound;
    /// No job of that id was given up.
    JobNotFound, "JOB_NOT_FOUND", NotFound;
    /// No piece of work of that id that the caller may do.
    WorkNotFound, "WORK_NOT_FOUND", NotFound;
    /// Another lease was given since, or the work has ended.
    LeaseEnded, "LEASE_ENDED", NotAllowedNow;
    /// The provider has a server of its own: it is called, and leases no work.
    ProviderHasServer, "PROVIDER_HAS_SERVER", NotAllowedNow;
    /// The resume token was not made by this stream.
    ResumeTokenInvalid, "RESUME_TOKEN_INVALID", Invalid;

    // Cover and claims
    /// No master contract of that id that the caller may see.
    MasterContractNotFound, "MASTER_CONTRACT_NOT_FOUND", NotFound;
    /// A master contract with that code is recorded already.
    MasterContractExists, "MASTER_CONTRACT_EXISTS", AlreadyExists;
    /// The tenant has no certificate of that id, or none at all.
    CertificateNotFound, "CERTIFICATE_NOT_FOUND", NotFound;
    /// The certificate's state does not allow the command.
    CertificateState, "CERTIFICATE_STATE", NotAllowedNow;
    /// No claim of that id that the caller may see.
    ClaimNotFound, "CLAIM_NOT_FOUND", NotFound;
    /// The claim's state does not allow the command.
    ClaimState, "CLAIM_STATE", NotAllowedNow;
    /// The same loss was notified before; the metadata names that claim.
    ClaimDuplicate, "CLAIM_DUPLICATE", AlreadyExists;
    /// The amount is above what is payable or above what is left of a limit.
    LimitExceeded, "LIMIT_EXCEEDED", NotAllowedNow;
    /// A denial must not rest on a clause that the customer was not shown before the loss.
    ClauseNotAcknowledged, "CLAUSE_NOT_ACKNOWLEDGED", NotAllowedNow;
    /// Optional cover is sold only by a partner with a licence to solicit that is valid today.
    LicenceNotValid, "LICENCE_NOT_VALID", NotAllowedNow;
    /// The amount is above what the contract lets the caller's role approve.
    AuthorityExceeded, "AUTHORITY_EXCEEDED", NotAllowedNow;
    /// The same person must not give both consents: somebody else has to decide.
    SecondPersonNeeded, "SECOND_PERSON_NEEDED", NotAllowedNow;

    // Alerts, incidents, notices
    /// No alert of that id that the caller may see.
    AlertNotFound, "ALERT_NOT_FOUND", NotFound;
    /// The alert's state does not allow the command: it belongs to an incident already.
    AlertState, "ALERT_STATE", NotAllowedNow;
    /// No incident of that id that the caller may see.
    IncidentNotFound, "INCIDENT_NOT_FOUND", NotFound;
    /// The incident's phase, or where it stands on its ladder, does not allow the command.
    IncidentState, "INCIDENT_STATE", NotAllowedNow;
    /// The incident's ladder has no such rung above the present one.
    LadderTop, "LADDER_TOP", NotAllowedNow;
    /// The service request's state does not allow the command.
    ServiceRequestState, "SERVICE_REQUEST_STATE", NotAllowedNow;
    /// Work that has to be finished first is missing; the metadata names it.
    PrerequisiteMissing, "PREREQUISITE_MISSING", NotAllowedNow;
    /// No notice of that id that the caller may see.
    NoticeNotFound, "NOTICE_NOT_FOUND", NotFound;
    /// The notice's state does not allow the command: it went out or was cancelled.
    NoticeState, "NOTICE_STATE", NotAllowedNow;
    /// No service calendar of that name.
    CalendarNotFound, "CALENDAR_NOT_FOUND", NotFound;
    /// The table of national holidays does not know the year.
    CalendarEnds, "CALENDAR_ENDS", Invalid;

    // Billing and settlement
    /// No invoice of that id that the caller may see.
    InvoiceNotFound, "INVOICE_NOT_FOUND", NotFound;
    /// The invoice's state does not allow the command.
    InvoiceState, "INVOICE_STATE", NotAllowedNow;
    /// The amount is nothing, or above what is left of the invoice or of its row.
    AmountExceedsInvoice, "AMOUNT_EXCEEDS_INVOICE", NotAllowedNow;
    /// No credit note of that id that the caller may see.
    CreditNoteNotFound, "CREDIT_NOTE_NOT_FOUND", NotFound;
    /// The month is not over yet, by the tenant's clock.
    MonthNotOver, "MONTH_NOT_OVER", NotAllowedNow;
    /// A subscription's invoice of the month is not final; the metadata names the first of them.
    MonthNotClosed, "MONTH_NOT_CLOSED", NotAllowedNow;
    /// No settlement of that id that the caller may see.
    SettlementNotFound, "SETTLEMENT_NOT_FOUND", NotFound;
    /// The settlement's state does not allow the command.
    SettlementState, "SETTLEMENT_STATE", NotAllowedNow;
    /// Nobody of that id takes part in the scheme, so there is nobody to settle with.
    CounterpartNotFound, "COUNTERPART_NOT_FOUND", NotFound;
}
