-- Invoices, credit notes, payments and settlements.
-- Months are kept as `2021-04`: such texts sort as the months do.

-- A month of a subscription that was closed, whether or not there was anything to charge.
CREATE TABLE closed_month (
    tenant_id {uuid} NOT NULL,
    subscription_id {uuid} NOT NULL,
    month {key} NOT NULL,
    closed_at {instant} NOT NULL,
    PRIMARY KEY (tenant_id, subscription_id, month)
);
CREATE INDEX closed_month_by_month ON closed_month (month);

CREATE TABLE invoice (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    subscription_id {uuid} NOT NULL,
    payer_code {key} NOT NULL,
    month {key} NOT NULL,
    number {key} NOT NULL,
    state text NOT NULL
        CHECK (state IN ('final', 'partly_paid', 'past_due', 'paid', 'void')),
    due_on {day} NOT NULL,
    -- Sum with tax, and what is still to be paid of it, in minor units.
    gross bigint NOT NULL,
    due bigint NOT NULL,
    currency text NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, subscription_id, payer_code, month),
    UNIQUE (tenant_id, number)
);
CREATE INDEX invoice_by_month ON invoice (month, tenant_id, number);
CREATE INDEX invoice_open ON invoice (tenant_id, payer_code, due_on, number)
    WHERE state IN ('final', 'partly_paid', 'past_due');

CREATE TABLE credit_note (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    invoice_id {uuid} NOT NULL,
    number {key} NOT NULL,
    issued_at {instant} NOT NULL,
    gross bigint NOT NULL CHECK (gross > 0),
    currency text NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id),
    UNIQUE (tenant_id, number)
);
CREATE INDEX credit_note_of_invoice ON credit_note (tenant_id, invoice_id, number);
CREATE INDEX credit_note_issued ON credit_note (issued_at);

CREATE TABLE payment (
    tenant_id {uuid} NOT NULL,
    id {uuid} NOT NULL,
    -- A second payment with the reference of another is the same payment.
    reference {key} NOT NULL,
    payer_code {key} NOT NULL,
    received_at {instant} NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, reference)
);
CREATE INDEX payment_received ON payment (tenant_id, received_at, reference);

-- Belongs to no tenant: it is the scheme's balance with somebody.
CREATE TABLE settlement (
    id {uuid} PRIMARY KEY,
    month {key} NOT NULL,
    counterpart_kind {key} NOT NULL
        CHECK (counterpart_kind IN ('provider', 'partner', 'insurer')),
    counterpart_id {key} NOT NULL,
    state text NOT NULL CHECK (state IN ('draft', 'approved', 'remitted', 'closed')),
    gross bigint NOT NULL,
    currency text NOT NULL,
    document {json} NOT NULL,
    schema_version integer NOT NULL,
    version bigint NOT NULL,
    UNIQUE (month, counterpart_kind, counterpart_id)
);
