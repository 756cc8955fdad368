-- Tickets by which pages that can send neither cookie nor header open a stream: each good for a minute, and once.

CREATE TABLE stream_tickets (
    digest TEXT NOT NULL,                       -- SHA-256 of the ticket; the ticket itself is nowhere
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    good_until BIGINT NOT NULL,                 -- until when the token was good for which the ticket was given
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (digest)
);
CREATE INDEX stream_tickets_by_user ON stream_tickets (user_id, expires_at);
CREATE INDEX stream_tickets_by_session ON stream_tickets (session_id);
