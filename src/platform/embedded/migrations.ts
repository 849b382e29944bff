/**
 * The schema, as the list of steps that lead to it. `PRAGMA user_version` counts the steps a database has taken.
 *
 * Steps are append-only: a step that has shipped is never edited. Times without another word are milliseconds
 * since 1970 by the wall clock.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE images (
    image_id    TEXT PRIMARY KEY,
    tenant_id   TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    status      TEXT NOT NULL,
    version     INTEGER NOT NULL,
    generation  INTEGER NOT NULL,
    upload_time INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    written_at  INTEGER NOT NULL,
    purged      INTEGER NOT NULL DEFAULT 0,
    record      TEXT NOT NULL,
    run         TEXT,
    declared    TEXT
  ) STRICT;
  CREATE INDEX images_by_time   ON images (tenant_id, upload_time, image_id);
  CREATE INDEX images_by_status ON images (tenant_id, status, upload_time, image_id);
  CREATE INDEX images_by_user   ON images (tenant_id, user_id, upload_time, image_id);
  CREATE INDEX images_by_expiry ON images (expires_at)
    WHERE status NOT IN ('expired', 'erased');
  CREATE INDEX images_stalled   ON images (written_at)
    WHERE status IN ('received', 'processing');
  CREATE INDEX images_gone      ON images (purged, written_at)
    WHERE status IN ('expired', 'erased');

  CREATE TABLE image_tags (
    tenant_id   TEXT NOT NULL,
    key         TEXT NOT NULL,
    value       TEXT NOT NULL,
    upload_time INTEGER NOT NULL,
    image_id    TEXT NOT NULL REFERENCES images ON DELETE CASCADE,
    PRIMARY KEY (tenant_id, key, value, upload_time, image_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_tags_by_image ON image_tags (image_id);

  -- Counting a million rows at every scrape of the metrics would hold everybody up.
  CREATE TABLE status_counts (
    status TEXT PRIMARY KEY,
    images INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER count_created AFTER INSERT ON images BEGIN
    INSERT INTO status_counts VALUES (new.status, 1) ON CONFLICT DO UPDATE SET images = images + 1;
  END;
  CREATE TRIGGER count_changed AFTER UPDATE OF status ON images WHEN old.status <> new.status BEGIN
    UPDATE status_counts SET images = images - 1 WHERE status = old.status;
    INSERT INTO status_counts VALUES (new.status, 1) ON CONFLICT DO UPDATE SET images = images + 1;
  END;
  CREATE TRIGGER count_deleted AFTER DELETE ON images BEGIN
    UPDATE status_counts SET images = images - 1 WHERE status = old.status;
  END;

  CREATE TABLE events (
    id         TEXT PRIMARY KEY,
    tenant_id  TEXT NOT NULL,
    image_id   TEXT NOT NULL,
    type       TEXT NOT NULL,
    status     TEXT NOT NULL,
    generation INTEGER,
    error_code TEXT,
    lane       TEXT,
    at         INTEGER NOT NULL,
    delivered  INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX events_of_tenant   ON events (tenant_id, id);
  CREATE INDEX events_undelivered ON events (id) WHERE delivered = 0;

  CREATE TABLE idempotency_keys (
    tenant_id    TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    image_id     TEXT NOT NULL REFERENCES images ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_keys_by_image ON idempotency_keys (image_id);
  CREATE INDEX idempotency_keys_by_time  ON idempotency_keys (created_at);

  -- visible_at is milliseconds of the machine's monotonic clock: a lease must not move with the wall clock.
  -- delayed_at (wall clock) and delay_ms say what is left of a delay after a restart of the machine.
  CREATE TABLE messages (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT,
    dedupe_id     TEXT NOT NULL UNIQUE,
    lane          INTEGER NOT NULL,
    work          TEXT NOT NULL,
    sent_at       INTEGER NOT NULL,
    visible_at    INTEGER NOT NULL,
    delayed_at    INTEGER NOT NULL,
    delay_ms      INTEGER NOT NULL,
    receipt       TEXT,
    receives      INTEGER NOT NULL DEFAULT 0,
    interruptions INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX messages_due ON messages (lane, visible_at, seq);

  CREATE TABLE dead_letters (
    id        TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    image_id  TEXT NOT NULL,
    dedupe_id TEXT NOT NULL,
    lane      INTEGER NOT NULL,
    work      TEXT NOT NULL,
    code      TEXT NOT NULL,
    message   TEXT NOT NULL,
    receives  INTEGER NOT NULL,
    buried_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX dead_letters_of_tenant ON dead_letters (tenant_id, id);
  CREATE INDEX dead_letters_of_image  ON dead_letters (image_id);

  -- object_key and sha256 are set before the bytes move to their object key, so that a crash between the two
  -- can be told from an upload that never was.
  CREATE TABLE partial_uploads (
    image_id   TEXT PRIMARY KEY,
    tenant_id  TEXT NOT NULL,
    length     INTEGER NOT NULL,
    offset     INTEGER NOT NULL DEFAULT 0,
    written_at INTEGER NOT NULL,
    object_key TEXT,
    sha256     TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX partial_uploads_by_time ON partial_uploads (written_at);

  CREATE TABLE pipelines (
    tenant_id  TEXT NOT NULL,
    name       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    document   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, name, version)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE secrets (
    name       TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What each tenant has decided for itself, as one document.
  CREATE TABLE tenants (
    tenant_id  TEXT PRIMARY KEY,
    settings   TEXT NOT NULL,
    version    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- People prove who they are. The accounts themselves are in the tables auth_*, which better-auth makes.
  -- What a ticket, a refresh token or a recovery code opens is found by its hash (lower-case hex SHA-256) only.

  -- A ticket lets somebody do one thing once. It has no hash until the mail that carries its token is written.
  CREATE TABLE tickets (
    id         TEXT PRIMARY KEY,
    token_hash TEXT UNIQUE,
    purpose    TEXT NOT NULL,
    subject    TEXT NOT NULL,
    data       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tickets_by_expiry  ON tickets (expires_at);
  CREATE INDEX tickets_by_subject ON tickets (subject, purpose);

  CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    address      TEXT,
    user_agent   TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_of_user   ON sessions (user_id, created_at);
  CREATE INDEX sessions_by_expiry ON sessions (expires_at);

  -- Used ones stay as long as their session: one that comes a second time has been stolen.
  CREATE TABLE refresh_tokens (
    token_hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
    used_at    INTEGER,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);

  CREATE TABLE totp_factors (
    user_id      TEXT PRIMARY KEY,
    secret       TEXT NOT NULL,
    confirmed_at INTEGER,
    last_step    INTEGER NOT NULL DEFAULT 0
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE recovery_codes (
    user_id   TEXT NOT NULL REFERENCES totp_factors ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (user_id, code_hash)
  ) STRICT, WITHOUT ROWID;

  -- Who tries too often waits: counted by a hash of what was tried, whether it exists or not.
  CREATE TABLE attempts (
    key          TEXT PRIMARY KEY,
    count        INTEGER NOT NULL,
    last_at      INTEGER NOT NULL,
    locked_until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX attempts_by_time ON attempts (last_at);

  CREATE TABLE token_keys (
    kid         TEXT PRIMARY KEY,
    private_jwk TEXT NOT NULL,
    created_at  INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Mails that are still to be sent; tokens get into them only when they are.
  CREATE TABLE mails (
    id          TEXT PRIMARY KEY,
    recipient   TEXT NOT NULL,
    template    TEXT NOT NULL,
    words       TEXT NOT NULL,
    ticket_id   TEXT,
    tries       INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    next_try_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX mails_due ON mails (next_try_at);
  `,
  `
  CREATE TABLE members (
    user_id      TEXT PRIMARY KEY,
    tenant_id    TEXT NOT NULL,
    email        TEXT,
    role         TEXT NOT NULL,
    status       TEXT NOT NULL,
    joined_at    INTEGER NOT NULL,
    last_seen_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members_of_tenant ON members (tenant_id, joined_at, user_id);

  CREATE TABLE invitations (
    invitation_id TEXT PRIMARY KEY,
    tenant_id     TEXT NOT NULL,
    token_hash    TEXT NOT NULL UNIQUE,
    email         TEXT NOT NULL,
    role          TEXT NOT NULL,
    invited_by    TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX invitations_of_tenant ON invitations (tenant_id, invitation_id);

  CREATE TABLE api_keys (
    key_id       TEXT PRIMARY KEY,
    tenant_id    TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    hash         TEXT NOT NULL,
    name         TEXT NOT NULL,
    role         TEXT NOT NULL,
    scopes       TEXT,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX api_keys_of_tenant ON api_keys (tenant_id, created_at);
  `,
  `
  -- The trail: append-only, one chain of hashes for each tenant. What is searched for is computed from the entry, so
  -- that there is nothing beside it that could say something else.
  CREATE TABLE audit_entries (
    tenant_id TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    entry     TEXT NOT NULL,
    at        TEXT AS (entry ->> '$.at'),
    actor     TEXT AS (entry ->> '$.actor.id'),
    action    TEXT AS (entry ->> '$.action'),
    outcome   TEXT AS (entry ->> '$.outcome'),
    image_id  TEXT AS (entry ->> '$.image_id'),
    PRIMARY KEY (tenant_id, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX audit_by_time    ON audit_entries (tenant_id, at);
  CREATE INDEX audit_by_actor   ON audit_entries (tenant_id, actor, seq);
  CREATE INDEX audit_by_action  ON audit_entries (tenant_id, action, seq);
  CREATE INDEX audit_by_outcome ON audit_entries (tenant_id, outcome, seq);
  CREATE INDEX audit_by_image   ON audit_entries (tenant_id, image_id, seq) WHERE image_id IS NOT NULL;
  CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit_entries BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
  END;
  CREATE TRIGGER audit_never_forgets BEFORE DELETE ON audit_entries BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
  END;
  -- INSERT OR REPLACE would go around the two above.
  CREATE TRIGGER audit_never_replaces BEFORE INSERT ON audit_entries
  WHEN EXISTS (SELECT 1 FROM audit_entries WHERE tenant_id = new.tenant_id AND seq = new.seq) BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
  END;
  -- Where each trail ends, noted apart from it: entries cut off at the end are missed.
  CREATE TABLE audit_heads (
    tenant_id TEXT PRIMARY KEY,
    seq       INTEGER NOT NULL,
    hash      TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE audit_checkpoints (
    tenant_id  TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    checkpoint TEXT NOT NULL,
    PRIMARY KEY (tenant_id, seq)
  ) STRICT, WITHOUT ROWID;

  -- People who are being erased or were: ids only. What is to be destroyed is noted before it is, so that a crash in
  -- between loses nothing of the receipt.
  CREATE TABLE erasures (
    erasure_id  TEXT PRIMARY KEY,
    tenant_id   TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    asked_by    TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    finished_at INTEGER,
    fault       TEXT,
    receipt     TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX erasures_of_user ON erasures (tenant_id, user_id, asked_at);
  CREATE TABLE erased_images (
    erasure_id TEXT NOT NULL REFERENCES erasures ON DELETE CASCADE,
    image_id   TEXT NOT NULL,
    sha256     TEXT,
    objects    INTEGER NOT NULL,
    bytes      INTEGER NOT NULL,
    erased_at  INTEGER,
    PRIMARY KEY (erasure_id, image_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE erased_elsewhere (
    erasure_id TEXT NOT NULL REFERENCES erasures ON DELETE CASCADE,
    what       TEXT NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (erasure_id, what)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- What tenants use of their quotas, summed up by the same transactions that write the records.
  ALTER TABLE images ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE images SET bytes =
    coalesce(json_extract(record, '$.original.size'),
      CASE status WHEN 'awaiting_upload' THEN json_extract(declared, '$.size') END, 0)
    + coalesce((SELECT sum(json_extract(value, '$.size')) FROM json_each(record, '$.variants')), 0);

  CREATE TABLE tenant_usage (
    tenant_id TEXT PRIMARY KEY,
    bytes     INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO tenant_usage SELECT tenant_id, sum(bytes) FROM images GROUP BY tenant_id;

  -- day is counted from 1970, UTC; an image that is erased stays counted
  CREATE TABLE tenant_days (
    tenant_id TEXT NOT NULL,
    day       INTEGER NOT NULL,
    images    INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, day)
  ) STRICT, WITHOUT ROWID;
  CREATE TRIGGER usage_created AFTER INSERT ON images BEGIN
    INSERT INTO tenant_usage VALUES (new.tenant_id, new.bytes)
      ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
    INSERT INTO tenant_days VALUES (new.tenant_id, new.written_at / 86400000, 1)
      ON CONFLICT DO UPDATE SET images = images + 1;
    DELETE FROM tenant_days WHERE tenant_id = new.tenant_id AND day < new.written_at / 86400000 - 7;
  END;
  CREATE TRIGGER usage_changed AFTER UPDATE OF bytes ON images WHEN old.bytes <> new.bytes BEGIN
    UPDATE tenant_usage SET bytes = bytes - old.bytes + new.bytes WHERE tenant_id = new.tenant_id;
  END;
  CREATE TRIGGER usage_deleted AFTER DELETE ON images BEGIN
    UPDATE tenant_usage SET bytes = bytes - old.bytes WHERE tenant_id = old.tenant_id;
  END;

  -- Preflights name no tenant: which origins are listed by any.
  CREATE TABLE tenant_origins (
    origin    TEXT NOT NULL,
    tenant_id TEXT NOT NULL,
    PRIMARY KEY (origin, tenant_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tenant_origins_of_tenant ON tenant_origins (tenant_id);
  INSERT OR IGNORE INTO tenant_origins
    SELECT value, tenant_id FROM tenants, json_each(settings, '$.cors_origins');
  CREATE TRIGGER origins_created AFTER INSERT ON tenants BEGIN
    INSERT OR IGNORE INTO tenant_origins SELECT value, new.tenant_id FROM json_each(new.settings, '$.cors_origins');
  END;
  CREATE TRIGGER origins_changed AFTER UPDATE OF settings ON tenants BEGIN
    DELETE FROM tenant_origins WHERE tenant_id = new.tenant_id;
    INSERT OR IGNORE INTO tenant_origins SELECT value, new.tenant_id FROM json_each(new.settings, '$.cors_origins');
  END;
  CREATE TRIGGER origins_deleted AFTER DELETE ON tenants BEGIN
    DELETE FROM tenant_origins WHERE tenant_id = old.tenant_id;
  END;
  `,
  `
  -- How many bytes of the file of an encrypted upload count; of others, its offset says it.
  ALTER TABLE partial_uploads ADD COLUMN stored INTEGER;
  `,
  `
  -- What waits to be told to places outside, a line for each. By id, events are in the order in which they happened.
  CREATE TABLE sink_lines (
    sink     TEXT NOT NULL,
    event_id TEXT NOT NULL,
    event    TEXT NOT NULL,
    PRIMARY KEY (sink, event_id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Who outside is told of events, and what is on its way there. next_at is set while an attempt is to come.
  CREATE TABLE webhooks (
    webhook_id       TEXT PRIMARY KEY,
    tenant_id        TEXT NOT NULL,
    url              TEXT NOT NULL,
    description      TEXT NOT NULL,
    event_types      TEXT NOT NULL,
    is_active        INTEGER NOT NULL,
    secrets          TEXT NOT NULL,
    created_at       INTEGER NOT NULL,
    failing_since    INTEGER,
    disabled_because TEXT,
    version          INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX webhooks_of_tenant ON webhooks (tenant_id, created_at, webhook_id);
  CREATE TABLE webhook_deliveries (
    webhook_id  TEXT NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    delivery_id TEXT NOT NULL,
    tenant_id   TEXT NOT NULL,
    message     TEXT NOT NULL,
    state       TEXT NOT NULL,
    tries       INTEGER NOT NULL,
    next_at     INTEGER,
    attempts    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (webhook_id, delivery_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_at) WHERE next_at IS NOT NULL;
  CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (webhook_id, created_at, delivery_id);
  CREATE INDEX webhook_deliveries_oldest ON webhook_deliveries (created_at);

  -- Who is told by mail. Told of are the events after told_until; next_at is set once the address is confirmed.
  CREATE TABLE subscriptions (
    subscription_id TEXT PRIMARY KEY,
    tenant_id       TEXT NOT NULL,
    address         TEXT NOT NULL,
    event_types     TEXT NOT NULL,
    mode            TEXT NOT NULL,
    interval_ms     INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    confirmed_at    INTEGER,
    told_until      TEXT,
    next_at         INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX subscriptions_of_tenant ON subscriptions (tenant_id, created_at, subscription_id);
  CREATE INDEX subscriptions_due ON subscriptions (next_at) WHERE next_at IS NOT NULL;
  `,

  `
  -- Addresses of people who are being erased: until the end is reached it has to be known what must not be found.
  CREATE TABLE erasure_texts (
    erasure_id TEXT NOT NULL REFERENCES erasures ON DELETE CASCADE,
    text       TEXT NOT NULL,
    PRIMARY KEY (erasure_id, text)
  ) STRICT, WITHOUT ROWID;
  `,
];
