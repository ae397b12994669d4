-- Sample of week3_business_development.db: all of it is invented.

begin;

CREATE TABLE week3_posts (
    post_id TEXT PRIMARY KEY,
    date TEXT NOT NULL,
    day TEXT NOT NULL,
    title TEXT NOT NULL,
    series TEXT NOT NULL,
    posting_time TEXT NOT NULL,
    business_dev_focus TEXT NOT NULL,
    target_consultation_type TEXT NOT NULL,
    views INTEGER DEFAULT 0,
    likes INTEGER DEFAULT 0,
    comments INTEGER DEFAULT 0,
    shares INTEGER DEFAULT 0,
    saves INTEGER DEFAULT 0,
    engagement_rate REAL DEFAULT 0.0,
    profile_views INTEGER DEFAULT 0,
    connection_requests INTEGER DEFAULT 0,
    consultation_inquiries INTEGER DEFAULT 0,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE consultation_inquiries (
    inquiry_id TEXT PRIMARY KEY,
    source_post_id TEXT,
    inquiry_date TEXT NOT NULL,
    inquiry_type TEXT NOT NULL,
    company_name TEXT,
    contact_name TEXT,
    company_size TEXT,
    inquiry_details TEXT,
    estimated_value REAL,
    status TEXT DEFAULT 'new',
    notes TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (source_post_id) REFERENCES week3_posts (post_id)
);


-- One post a day, Monday to Sunday. posting_time is text on a twelve-hour clock: five past noon is
-- 12:05 PM. Rates of 0.025 and 0.035 are here to be kept, not rounded.
insert into week3_posts (
    post_id, date, day,
    title, series, posting_time,
    business_dev_focus, target_consultation_type,
    views, likes, comments, shares, saves, engagement_rate,
    profile_views, connection_requests, consultation_inquiries, created_at
) values
(
    '2025-03-17-monday', '2025-03-17', 'Monday',
    'Your dashboards are decoration until somebody acts on them', 'Signal or Noise', '7:00 AM',
    'Dashboard diet', 'Two-hour dashboard clear-out',
    1600, 25, 7, 3, 5, 0.025,
    31, 4, 0, '2025-03-16 20:04:31'
),
-- double quotes in the title
(
    '2025-03-18-tuesday', '2025-03-18', 'Tuesday',
    'The SLO nobody signed: how "four nines" became folklore', 'Promises in Production', '6:30 AM',
    'Reliability targets', 'SLO workshop for a product and its team',
    2000, 41, 14, 6, 9, 0.035,
    52, 7, 1, '2025-03-16 20:04:31'
),
(
    '2025-03-19-wednesday', '2025-03-19', 'Wednesday',
    'Tracing a 9-second checkout through 14 services', 'Anatomy of a Slow Request', '12:05 PM',
    'Distributed tracing', 'Tracing roll-out review',
    3000, 120, 33, 18, 27, 0.066,
    88, 12, 0, '2025-03-16 20:04:31'
),
-- single quotes and a percent sign
(
    '2025-03-20-thursday', '2025-03-20', 'Thursday',
    'Don''t page a human for a disk that''s 80% full', 'The Pager Diaries', '6:30 AM',
    'Alert hygiene', 'Alert audit (four days)',
    1250, 90, 21, 8, 6, 0.1,
    47, 15, 1, '2025-03-16 20:04:31'
),
-- in Romanian
(
    '2025-03-21-friday', '2025-03-21', 'Friday',
    'Ce ne-a învățat un an de gardă: și somnul este un SLO', 'Note de gardă', '4:45 PM',
    'Sănătatea echipei', 'Consultanță pentru ture și rotații',
    950, 24, 9, 2, 3, 0.04,
    19, 2, 0, '2025-03-16 20:04:31'
),
-- an emoji at the very end
(
    '2025-03-22-saturday', '2025-03-22', 'Saturday',
    'Weekend build: the log bill of a small company in one spreadsheet 🧮', 'Small Tools', '10:40 AM',
    'Cost of telemetry', 'Telemetry cost check',
    480, 9, 1, 0, 2, 0.025,
    6, 0, 0, '2025-03-16 20:04:31'
),
-- published, not yet measured
(
    '2025-03-23-sunday', '2025-03-23', 'Sunday',
    'The outage I was thanked for', 'Sunday Postmortem', '6:15 PM',
    'Blameless reviews', 'Incident review coaching',
    0, 0, 0, 0, 0, 0.0,
    0, 0, 0, '2025-03-16 20:04:31'
);


-- inquiry_details is a JSON object, though the table does not say so
insert into consultation_inquiries (
    inquiry_id, source_post_id, inquiry_date, inquiry_type,
    company_name, contact_name, company_size,
    inquiry_details,
    estimated_value, status, notes, created_at
) values

-- the same inquiry stands in business_pipeline of another database, under an id of its own
(
    '2025-03-18-tuesday-inquiry-20250318213307', '2025-03-18-tuesday', '2025-03-18', 'slo_workshop',
    'Bramblefjord Energy', 'Odalys Penhallow', '201-1000',
    '{"services": 38, "target": "99.95%", "asked_for": ["one dashboard", "a signed SLO"], '
    || '"budget": {"amount": 32000.5, "currency": "EUR"}, "decided_by": "CFO"}',
    32000.5, 'contacted', 'Wants an answer before the quarter ends', '2025-03-18 19:33:07'
),
-- a backslash N inside the note and, escaped, in the JSON: in a text dump it must not become NULL
(
    '2025-03-20-thursday-inquiry-20250321090215', '2025-03-20-thursday', '2025-03-21', 'alert_audit',
    'Țărm & Far Ferries', null, '11-50',
    '{"tool_today": "spreadsheet", "export_marks_unknown_as": "\\N", "on_call_people": 3, '
    || '"sleep": "prost\u0103 \ud83d\ude34", "urgent": true, "last_incident": null}',
    7400.0, 'won', 'Their export writes \N for "unknown"; asked whether we lose it', '2025-03-21 07:02:15'
);


commit;
