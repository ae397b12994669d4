-- Sample of unified_content_management.db: all of it is invented.
--
-- Two clocks: scheduled_time is the application's, local in Europe/Bucharest and with a T; every other
-- time is UTC. The pieces are named after the local time of their making.

begin;

CREATE TABLE content_pieces (
    content_id TEXT PRIMARY KEY,
    original_content TEXT NOT NULL,
    business_objective TEXT,
    target_audience TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE platform_adaptations (
    adaptation_id TEXT PRIMARY KEY,
    content_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    adapted_content TEXT NOT NULL,
    scheduled_time TIMESTAMP,
    post_id TEXT,
    status TEXT DEFAULT 'draft',
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (content_id) REFERENCES content_pieces (content_id)
);

CREATE TABLE cross_platform_metrics (
    metric_id TEXT PRIMARY KEY,
    content_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    impressions INTEGER DEFAULT 0,
    engagement INTEGER DEFAULT 0,
    clicks INTEGER DEFAULT 0,
    conversions INTEGER DEFAULT 0,
    engagement_rate REAL DEFAULT 0.0,
    ctr REAL DEFAULT 0.0,
    conversion_rate REAL DEFAULT 0.0,
    recorded_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (content_id) REFERENCES content_pieces (content_id)
);

CREATE TABLE content_strategies (
    strategy_id TEXT PRIMARY KEY,
    content_id TEXT NOT NULL,
    primary_platform TEXT NOT NULL,
    secondary_platforms TEXT,  -- JSON array
    timing_strategy TEXT,  -- JSON object
    adaptation_notes TEXT,
    cross_promotion BOOLEAN DEFAULT TRUE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (content_id) REFERENCES content_pieces (content_id)
);

CREATE INDEX idx_content_created ON content_pieces (created_at DESC);
CREATE INDEX idx_adaptations_content ON platform_adaptations (content_id);
CREATE INDEX idx_adaptations_platform ON platform_adaptations (platform, status);
CREATE INDEX idx_metrics_content ON cross_platform_metrics (content_id, platform);
CREATE INDEX idx_strategies_content ON content_strategies (content_id);


insert into content_pieces (
    content_id,
    original_content,
    business_objective, target_audience, created_at, updated_at
) values

-- written in June: made at 09:45 local, 06:45 UTC
(
    'content_20250610_094510',
    'A log line is cheap to write.

It costs a little to ship, more to keep, and most to search. Last spring a client of ours spent
more on finding "connection reset" than on the servers that reset the connection.

What we changed:
- sampled the boring lines, kept the odd ones
- moved debug logs to a bucket nobody pays to search
- gave every team its own bill, in euro, once a month

The bill fell by 52%. Nobody missed a line.',
    'Requests for a telemetry cost check', 'Platform leads, finance partners',
    '2025-06-10 06:45:10', '2025-06-12 14:03:55'
),
-- written in November, in Romanian and English; nobody has said whom it is for
(
    'content_20251118_171502',
    'Pornire la rece ❄️

The queue was full and the dashboard was green. Nimeni nu știa: nici noi, nici "monitorizarea".
Întrebarea bună nu e "de ce a căzut?", ci "de ce am aflat ultimii?".',
    null, null,
    '2025-11-18 15:15:02', '2025-11-18 15:15:02'
);


-- adapted_content is plain text for linkedin and newsletter, a JSON array of tweets for twitter
insert into platform_adaptations (
    adaptation_id, content_id, platform,
    adapted_content,
    scheduled_time, post_id, status, created_at
) values

-- the piece of June went out on three platforms; its post is in none of the databases
(
    'content_20250610_094510_linkedin_20250610_094510', 'content_20250610_094510', 'linkedin',
    'A log line is cheap to write. Searching for it is not.

We sampled the boring lines and kept the odd ones; the bill fell by 52%.

Which line of yours would nobody miss?',
    '2025-06-12T07:00:00', '2025-06-12-thursday', 'published', '2025-06-10 06:45:10'
),
(
    'content_20250610_094510_twitter_20250610_094510', 'content_20250610_094510', 'twitter',
    '["A log line costs nothing to write.\nIt costs a little to ship, more to keep, and most to search.'
    || '\n\n\ud83e\uddf5 1/2", '
    || '"Sample the boring ones; keep the odd ones. Your bill falls by half.\n\n\ud83e\uddf5 2/2"]',
    '2025-06-12T09:00:00', '2025-06-12-thursday', 'published', '2025-06-10 06:45:10'
),
(
    'content_20250610_094510_newsletter_20250610_094510', 'content_20250610_094510', 'newsletter',
    '# What a log line costs

Good morning,

last spring a client spent more on *finding* "connection reset" than on the servers that reset the
connection. Here is the table we made for them:

| step   | cost of a million lines |
|--------|-------------------------|
| write  | 0.02 €                  |
| keep   | 0.31 €                  |
| search | 4.80 €                  |

---

Reply with your number; we will tell you where it goes.',
    '2025-06-13T07:00:00', null, 'archived', '2025-06-10 06:45:10'
),

-- the piece of November waits; in winter local time is two hours ahead
(
    'content_20251118_171502_linkedin_20251118_171502', 'content_20251118_171502', 'linkedin',
    'Pornire la rece ❄️

The queue was full and the dashboard was green.
What did yours say, the last time?',
    '2025-11-20T07:00:00.250000', null, 'scheduled', '2025-11-18 15:15:02'
),
-- a thread of one tweet is still an array; this one will go out when it is still the 20th in UTC
(
    'content_20251118_171502_twitter_20251118_171502', 'content_20251118_171502', 'twitter',
    '["The queue was full. The dashboard was green. \u0218i noi am aflat ultimii."]',
    '2025-11-21T01:30:00', null, 'scheduled', '2025-11-18 15:15:02'
),
-- not even a time yet
(
    'content_20251118_171502_newsletter_20251118_171502', 'content_20251118_171502', 'newsletter',
    '# Pornire la rece

TODO: ask permission to quote the "green" dashboard.',
    null, null, 'draft', '2025-11-18 15:15:02'
);


-- all three rates are shares of the impressions
insert into cross_platform_metrics (
    metric_id, content_id, platform,
    impressions, engagement, clicks, conversions, engagement_rate, ctr, conversion_rate, recorded_at
) values
(
    'metric_content_20250610_094510_linkedin', 'content_20250610_094510', 'linkedin',
    4000, 264, 100, 2, 0.066, 0.025, 0.0005, '2025-06-19 05:00:00'
),
-- an advertising network counts every screen it passes: more than 32 bits hold, and a rate so small
-- that it is written with an exponent
(
    'metric_content_20250610_094510_twitter', 'content_20250610_094510', 'twitter',
    3000000000, 90000000, 1500000, 300, 0.03, 0.0005, 1e-07, '2025-06-19 05:00:00'
),
-- a newsletter knows clicks, no engagement
(
    'metric_content_20250610_094510_newsletter', 'content_20250610_094510', 'newsletter',
    1200, 0, 42, 6, 0.0, 0.035, 0.005, '2025-06-19 05:00:00'
);


-- timing is in minutes after the primary platform; the note begins with a quote
insert into content_strategies (
    strategy_id, content_id, primary_platform,
    secondary_platforms, timing_strategy,
    adaptation_notes, cross_promotion, created_at
) values
(
    'strategy_content_20250610_094510_20250610_094511', 'content_20250610_094510', 'linkedin',
    '["newsletter", "twitter"]', '{"newsletter": 1440, "twitter": 120, "hold_if": {"outage": true}}',
    '''Short'' on twitter; the table only in the "long" letter', true, '2025-06-10 06:45:11'
);


commit;
