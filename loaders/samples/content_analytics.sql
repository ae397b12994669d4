-- Sample of content_analytics.db: all of it is invented.

begin;

CREATE TABLE posts (
    post_id TEXT PRIMARY KEY,
    date TEXT NOT NULL,
    day_of_week TEXT NOT NULL,
    content_type TEXT NOT NULL,
    signature_series TEXT,
    headline TEXT NOT NULL,
    platform TEXT NOT NULL,
    posting_time TEXT NOT NULL,
    views INTEGER DEFAULT 0,
    likes INTEGER DEFAULT 0,
    comments INTEGER DEFAULT 0,
    shares INTEGER DEFAULT 0,
    saves INTEGER DEFAULT 0,
    engagement_rate REAL DEFAULT 0.0,
    profile_views INTEGER DEFAULT 0,
    connection_requests INTEGER DEFAULT 0,
    consultation_inquiries INTEGER DEFAULT 0,
    discovery_calls INTEGER DEFAULT 0,
    click_through_rate REAL DEFAULT 0.0,
    comment_quality_score REAL DEFAULT 0.0,
    business_relevance_score REAL DEFAULT 0.0,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE weekly_performance (
    week_number INTEGER PRIMARY KEY,
    start_date TEXT NOT NULL,
    quarter TEXT NOT NULL,
    theme TEXT NOT NULL,
    total_posts INTEGER DEFAULT 0,
    total_views INTEGER DEFAULT 0,
    total_engagement INTEGER DEFAULT 0,
    avg_engagement_rate REAL DEFAULT 0.0,
    total_profile_views INTEGER DEFAULT 0,
    total_connections INTEGER DEFAULT 0,
    total_inquiries INTEGER DEFAULT 0,
    total_discovery_calls INTEGER DEFAULT 0,
    best_performing_post TEXT,
    best_engagement_rate REAL DEFAULT 0.0,
    optimal_posting_time TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE business_pipeline (
    inquiry_id TEXT PRIMARY KEY,
    source_post_id TEXT,
    inquiry_date TEXT NOT NULL,
    inquiry_type TEXT NOT NULL,
    company_size TEXT,
    industry TEXT,
    project_value REAL,
    status TEXT DEFAULT 'new',
    notes TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (source_post_id) REFERENCES posts (post_id)
);


-- LinkedIn is spelled with capitals here, and only here. The rates are fractions that two digits
-- after the point would change: 132 actions on 2,000 views are 0.066, not 0.07.
insert into posts (
    post_id, date, day_of_week, content_type, signature_series,
    headline, platform, posting_time,
    views, likes, comments, shares, saves, engagement_rate,
    profile_views, connection_requests, consultation_inquiries, discovery_calls,
    click_through_rate, comment_quality_score, business_relevance_score, created_at
) values
(
    '2025-03-03-monday', '2025-03-03', 'Monday', 'Field notes', 'The Pager Diaries',
    'We deleted 400 alerts and slept through the night', 'LinkedIn', '7:00 AM',
    2000, 84, 21, 12, 15, 0.066,
    61, 9, 2, 1,
    0.035, 7.25, 8.6, '2025-03-04 06:12:44'
);


-- best_performing_post holds the headline of the post, not its id
insert into weekly_performance (
    week_number, start_date, quarter, theme,
    total_posts, total_views, total_engagement, avg_engagement_rate,
    total_profile_views, total_connections, total_inquiries, total_discovery_calls,
    best_performing_post, best_engagement_rate, optimal_posting_time, created_at
) values
(
    10, '2025-03-03', 'Q1', 'Quieter pagers',
    1, 2000, 132, 0.066,
    61, 9, 2, 1,
    'We deleted 400 alerts and slept through the night', 0.066, '7:00 AM', '2025-03-09 18:30:02'
);


insert into business_pipeline (
    inquiry_id, source_post_id, inquiry_date, inquiry_type,
    company_size, industry, project_value, status,
    notes, created_at
) values

-- from the post above; the note begins with a backslash and holds a line break
(
    'inq_20250304_104512', '2025-03-03-monday', '2025-03-04', 'alert_audit',
    '51-200', 'logistics', 18500.0, 'proposal',
    '\o/ they cancelled a status meeting to talk to us
Wants the offer split: audit first, clean-up after.', '2025-03-04 08:45:12'
),
-- from a post that is in week3_posts, of another database: the key that SQLite declares is broken
(
    'inq_20250318_213307', '2025-03-18-tuesday', '2025-03-18', 'slo_workshop',
    '201-1000', 'energy', 32000.5, 'contacted',
    'Asked for "just one" dashboard; promised 99.95% to a customer; the CFO decides', '2025-03-18 19:33:07'
),
-- from no post; the web form sent the word NULL for the industry and an empty note. Forty minutes past
-- midnight of 2 April here was still 1 April in UTC.
(
    'inq_20250402_004059', null, '2025-04-02', 'tracing_rollout',
    null, 'NULL', null, 'new',
    '', '2025-04-01 21:40:59'
);


commit;
