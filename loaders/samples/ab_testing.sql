-- Sample of ab_testing.db: all of it is invented.
--
-- Marsh Lantern, a made-up observability consultancy, tries out hooks, closing lines and hours.
-- Two clocks meet here. created_at and assigned_at are SQLite's own, in UTC. start_date and end_date
-- are the application's, in the local time of Europe/Bucharest: two hours ahead in winter, three in
-- summer. The times inside ids are local too. Whoever reads both as UTC sees tests that were
-- created hours before they began.

begin;

CREATE TABLE ab_tests (
    test_id TEXT PRIMARY KEY,
    test_name TEXT,
    hypothesis TEXT,
    element_type TEXT,
    start_date TEXT,
    end_date TEXT,
    status TEXT DEFAULT 'active',
    traffic_split REAL DEFAULT 0.5,
    minimum_sample_size INTEGER DEFAULT 100,
    confidence_threshold REAL DEFAULT 0.95,
    winning_variant TEXT,
    improvement_rate REAL DEFAULT 0.0,
    statistical_significance REAL DEFAULT 0.0,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE test_variants (
    variant_id TEXT PRIMARY KEY,
    test_id TEXT,
    variant_name TEXT,
    element_type TEXT,
    content TEXT,
    expected_metric TEXT,
    impressions INTEGER DEFAULT 0,
    engagement_actions INTEGER DEFAULT 0,
    consultation_requests INTEGER DEFAULT 0,
    engagement_rate REAL DEFAULT 0.0,
    consultation_conversion REAL DEFAULT 0.0,
    sample_size INTEGER DEFAULT 0,
    confidence_level REAL DEFAULT 0.0,
    is_winner BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (test_id) REFERENCES ab_tests (test_id)
);

CREATE TABLE test_assignments (
    assignment_id TEXT PRIMARY KEY,
    test_id TEXT,
    variant_id TEXT,
    post_id TEXT,
    assigned_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (test_id) REFERENCES ab_tests (test_id),
    FOREIGN KEY (variant_id) REFERENCES test_variants (variant_id)
);


insert into ab_tests (
    test_id, test_name, hypothesis, element_type,
    start_date, end_date, status,
    traffic_split, minimum_sample_size, confidence_threshold,
    winning_variant, improvement_rate, statistical_significance, created_at
) values

-- February, winter time: local is two hours ahead. The first test starts 19 ms before its creation's
-- full second, so the seconds of the two clocks differ by one.
(
    'hook_test_20250211_091458', 'Openings that stop an on-call engineer',
    'A story from a real night shift draws more replies than a bare number', 'hook',
    '2025-02-11T09:14:58.981204', '2025-03-04T09:15:00.120044', 'completed',
    0.5, 800, 0.95,
    'hook_test_20250211_091458_variant_2', 0.32000000000000006, 0.97, '2025-02-11 07:14:59'
),
-- ended by hand at a full second: Python then writes no fraction
(
    'cta_test_20250211_091459', 'Last line: offer or question?',
    'Naming the price of the audit brings 20% more requests; silence brings none', 'cta',
    '2025-02-11T09:14:59.402871', '2025-03-11T18:00:00', 'completed',
    0.5, 600, 0.95,
    'cta_test_20250211_091459_variant_1', 0.25, 0.955, '2025-02-11 07:14:59'
),
-- cancelled after nine days: an end, some numbers, no winner
(
    'timing_test_20250211_091459', 'Before or after stand-up',
    'Engineers read before stand-up, managers after lunch', 'timing',
    '2025-02-11T09:14:59.733015', '2025-02-20T12:30:41.778120', 'cancelled',
    0.25, 400, 0.9,
    null, 0.0, 0.0, '2025-02-11 07:14:59'
),

-- July, summer time: local is three hours ahead, and twelve minutes past midnight here is still the
-- day before in UTC
(
    'hook_test_20250709_001231', 'Bills against bugs',
    'Readers fear the log bill more than the outage', 'hook',
    '2025-07-09T00:12:31.004217', null, 'active',
    0.5, 1000, 0.95,
    null, 0.0, 0.0, '2025-07-08 21:12:31'
),
-- the old closing line won: the best challenger did worse, the improvement is negative
(
    'cta_test_20250709_001231', 'Shorter farewells',
    'Five words close better than "get in touch to discuss your needs"', 'cta',
    '2025-07-09T00:12:31.009930', '2025-08-06T00:15:07.550018', 'completed',
    0.3333333333333333, 500, 0.95,
    'cta_test_20250709_001231_variant_1', -0.12499999999999989, 0.991, '2025-07-08 21:12:31'
),
(
    'timing_test_20250709_001231', 'Holiday hours',
    'In July nobody reads before nine', 'timing',
    '2025-07-09T00:12:31.013406', null, 'active',
    0.5, 300, 0.95,
    null, 0.0, 0.0, '2025-07-08 21:12:31'
),

-- begins in summer time and ends in winter time: the clocks went back on 26 October
(
    'timing_test_20251014_200510', 'The week the clocks change',
    'A late slot keeps its readers when the clocks go back', 'timing',
    '2025-10-14T20:05:10.000642', '2025-11-11T20:05:10.318277', 'completed',
    0.5, 2000, 0.99,
    'timing_test_20251014_200510_variant_3', 0.10000000000000009, 0.9925, '2025-10-14 17:05:10'
),

-- November, winter time again
(
    'hook_test_20251118_171640', 'Cold start',
    'Naming the failure in the first six words doubles the saves', 'hook',
    '2025-11-18T17:16:40.664913', null, 'active',
    0.5, 1000, 0.95,
    null, 0.0, 0.0, '2025-11-18 15:16:40'
),
-- planned only; no hypothesis yet
(
    'cta_test_20251118_171640', 'Invite to the SLO clinic',
    null, 'cta',
    '2025-11-18T17:16:41', null, 'planned',
    0.5, 250, 0.95,
    null, 0.0, 0.0, '2025-11-18 15:16:41'
);


-- Four variants a test. content is a JSON object, though no comment of the table says so.

-- hook test of February: the night story won
insert into test_variants (
    variant_id, test_id, variant_name, element_type,
    content,
    expected_metric, impressions, engagement_actions, consultation_requests, engagement_rate,
    consultation_conversion, sample_size, confidence_level, is_winner, created_at
) values
(
    'hook_test_20250211_091458_variant_1', 'hook_test_20250211_091458', 'Number first', 'hook',
    '{"opening": "{count} alerts a week. {acted} of them mattered.", "tone": "dry", "emoji": false}',
    'consultation_requests', 1000, 25, 1, 0.025,
    0.001, 1000, 0.12, false, '2025-02-11 07:14:59'
),
(
    'hook_test_20250211_091458_variant_2', 'hook_test_20250211_091458', 'Night story', 'hook',
    '{"opening": "\ud83c\udf19 03:12. The pager rings for a disk that is {percent}% full.", "tone": "story"}',
    'consultation_requests', 1000, 66, 4, 0.066,
    0.004, 1000, 0.97, true, '2025-02-11 07:14:59'
),
(
    'hook_test_20250211_091458_variant_3', 'hook_test_20250211_091458', 'Unpopular claim', 'hook',
    '{"opening": "Most dashboards should be deleted; yours too.", "tone": "provocative", "risk": 3}',
    'consultation_requests', 1000, 35, 2, 0.035,
    0.002, 1000, 0.41, false, '2025-02-11 07:14:59'
),
(
    'hook_test_20250211_091458_variant_4', 'hook_test_20250211_091458', 'Plain question', 'hook',
    '{"opening": "When did you last act on a warning?", "tone": "open", "example": null}',
    'consultation_requests', 1000, 50, 1, 0.05,
    0.001, 1000, 0.63, false, '2025-02-11 07:14:59'
);

-- closing lines of February: the price in plain sight won
insert into test_variants (
    variant_id, test_id, variant_name, element_type,
    content,
    expected_metric, impressions, engagement_actions, consultation_requests, engagement_rate,
    consultation_conversion, sample_size, confidence_level, is_winner, created_at
) values
(
    'cta_test_20250211_091459_variant_1', 'cta_test_20250211_091459', 'Price in plain sight', 'cta',
    '{"line": "The alert audit is \u20ac2,400 and takes four days.", "pressure": 1}',
    'consultation_requests', 800, 40, 6, 0.05,
    0.0075, 800, 0.955, true, '2025-02-11 07:14:59'
),
(
    'cta_test_20250211_091459_variant_2', 'cta_test_20250211_091459', 'No offer at all', 'cta',
    '{"line": "", "pressure": 0}',
    'consultation_requests', 800, 24, 1, 0.03,
    0.00125, 800, 0.2, false, '2025-02-11 07:14:59'
),
(
    'cta_test_20250211_091459_variant_3', 'cta_test_20250211_091459', 'Ask for their story', 'cta',
    '{"line": "What''s the silliest thing that ever paged you?", "pressure": 0}',
    'consultation_requests', 800, 32, 2, 0.04,
    0.0025, 800, 0.5, false, '2025-02-11 07:14:59'
),
(
    'cta_test_20250211_091459_variant_4', 'cta_test_20250211_091459', 'Download', 'cta',
    '{"line": "The checklist is at https://marshlantern.example/alerts", "pressure": 1}',
    'consultation_requests', 800, 28, 0, 0.035,
    0.0, 800, 0.33, false, '2025-02-11 07:14:59'
);

-- hours of February: cancelled before two of the slots were ever used
insert into test_variants (
    variant_id, test_id, variant_name, element_type,
    content,
    expected_metric, impressions, engagement_actions, consultation_requests, engagement_rate,
    consultation_conversion, sample_size, confidence_level, is_winner, created_at
) values
(
    'timing_test_20250211_091459_variant_1', 'timing_test_20250211_091459', 'First coffee', 'timing',
    '{"slot": "06:30", "weekdays": ["Tue", "Thu"], "zone": "Europe/Bucharest"}',
    'engagement_rate', 160, 8, 0, 0.05,
    0.0, 160, 0.0, false, '2025-02-11 07:14:59'
),
(
    'timing_test_20250211_091459_variant_2', 'timing_test_20250211_091459', 'Second coffee', 'timing',
    '{"slot": "08:45", "weekdays": ["Tue", "Thu"], "zone": "Europe/Bucharest"}',
    'engagement_rate', 120, 3, 0, 0.025,
    0.0, 120, 0.0, false, '2025-02-11 07:14:59'
),
(
    'timing_test_20250211_091459_variant_3', 'timing_test_20250211_091459', 'After lunch', 'timing',
    '{"slot": "13:15", "weekdays": ["Mon", "Wed"], "zone": "Europe/Bucharest"}',
    'engagement_rate', 0, 0, 0, 0.0,
    0.0, 0, 0.0, false, '2025-02-11 07:14:59'
),
(
    'timing_test_20250211_091459_variant_4', 'timing_test_20250211_091459', 'Friday evening', 'timing',
    '{"slot": "17:50", "weekdays": ["Fri"], "zone": "Europe/Bucharest"}',
    'engagement_rate', 0, 0, 0, 0.0,
    0.0, 0, 0.0, false, '2025-02-11 07:14:59'
);

-- hook test of July: running, no winner yet
insert into test_variants (
    variant_id, test_id, variant_name, element_type,
    content,
    expected_metric, impressions, engagement_actions, consultation_requests, engagement_rate,
    consultation_conversion, sample_size, confidence_level, is_winner, created_at
) values
(
    'hook_test_20250709_001231_variant_1', 'hook_test_20250709_001231', 'The invoice', 'hook',
    '{"opening": "\ud83d\udcb8 We logged every heartbeat. Then the invoice came.", "tone": "story"}',
    'consultation_requests', 640, 48, 3, 0.075,
    0.0046875, 640, 0.58, false, '2025-07-08 21:12:31'
),
(
    'hook_test_20250709_001231_variant_2', 'hook_test_20250709_001231', 'The bug', 'hook',
    '{"opening": "One missing index, fourteen services, nine seconds.", "tone": "dry"}',
    'consultation_requests', 640, 16, 0, 0.025,
    0.0, 640, 0.22, false, '2025-07-08 21:12:31'
),
(
    'hook_test_20250709_001231_variant_3', 'hook_test_20250709_001231', 'Both', 'hook',
    '{"opening": "The bug cost an hour. Logging it cost a salary.", "tone": "contrast"}',
    'consultation_requests', 625, 25, 2, 0.04,
    0.0032, 625, 0.44, false, '2025-07-08 21:12:31'
),
(
    'hook_test_20250709_001231_variant_4', 'hook_test_20250709_001231', 'Neither', 'hook',
    '{"opening": "Observability is a budget before it is a tool.", "tone": "essay"}',
    'consultation_requests', 625, 10, 0, 0.016,
    0.0, 625, 0.18, false, '2025-07-08 21:12:31'
);

-- closing lines of July: the old line, variant 1, held its place
insert into test_variants (
    variant_id, test_id, variant_name, element_type,
    content,
    expected_metric, impressions, engagement_actions, consultation_requests, engagement_rate,
    consultation_conversion, sample_size, confidence_level, is_winner, created_at
) values
(
    'cta_test_20250709_001231_variant_1', 'cta_test_20250709_001231', 'The old line', 'cta',
    '{"line": "Reply \"quiet\" and we will send the audit plan.", "words": 9, "control": true}',
    'consultation_requests', 500, 40, 4, 0.08,
    0.008, 500, 0.991, true, '2025-07-08 21:12:31'
),
(
    'cta_test_20250709_001231_variant_2', 'cta_test_20250709_001231', 'Five words', 'cta',
    '{"line": "Tired? Write to us tonight.", "words": 5, "control": false}',
    'consultation_requests', 500, 35, 2, 0.07,
    0.004, 500, 0.61, false, '2025-07-08 21:12:31'
),
(
    'cta_test_20250709_001231_variant_3', 'cta_test_20250709_001231', 'One word', 'cta',
    '{"line": "Questions?", "words": 1, "control": false}',
    'consultation_requests', 500, 15, 0, 0.03,
    0.0, 500, 0.37, false, '2025-07-08 21:12:31'
),
(
    'cta_test_20250709_001231_variant_4', 'cta_test_20250709_001231', 'Only a wink', 'cta',
    '{"line": "\ud83d\ude09", "words": 0, "control": false}',
    'consultation_requests', 500, 5, 0, 0.01,
    0.0, 500, 0.05, false, '2025-07-08 21:12:31'
);

-- hours of July: just begun, every number still at its default
insert into test_variants (
    variant_id, test_id, variant_name, element_type,
    content,
    expected_metric, impressions, engagement_actions, consultation_requests, engagement_rate,
    consultation_conversion, sample_size, confidence_level, is_winner, created_at
) values
(
    'timing_test_20250709_001231_variant_1', 'timing_test_20250709_001231', 'Usual hour', 'timing',
    '{"slot": "07:00", "weekdays": ["Mon", "Tue", "Wed"], "zone": "Europe/Bucharest"}',
    'engagement_rate', 0, 0, 0, 0.0,
    0.0, 0, 0.0, false, '2025-07-08 21:12:31'
),
(
    'timing_test_20250709_001231_variant_2', 'timing_test_20250709_001231', 'Beach hour', 'timing',
    '{"slot": "10:30", "weekdays": ["Mon", "Tue", "Wed"], "zone": "Europe/Bucharest"}',
    'engagement_rate', 0, 0, 0, 0.0,
    0.0, 0, 0.0, false, '2025-07-08 21:12:31'
),
(
    'timing_test_20250709_001231_variant_3', 'timing_test_20250709_001231', 'Siesta', 'timing',
    '{"slot": "14:20", "weekdays": [], "zone": "Europe/Bucharest"}',
    'engagement_rate', 0, 0, 0, 0.0,
    0.0, 0, 0.0, false, '2025-07-08 21:12:31'
),
(
    'timing_test_20250709_001231_variant_4', 'timing_test_20250709_001231', 'Late breeze', 'timing',
    '{"slot": "21:10", "weekdays": ["Sun"], "zone": "Europe/Bucharest"}',
    'engagement_rate', 0, 0, 0, 0.0,
    0.0, 0, 0.0, false, '2025-07-08 21:12:31'
);

-- hours across the change of the clocks: finished, the late slot won
insert into test_variants (
    variant_id, test_id, variant_name, element_type,
    content,
    expected_metric, impressions, engagement_actions, consultation_requests, engagement_rate,
    consultation_conversion, sample_size, confidence_level, is_winner, created_at
) values
(
    'timing_test_20251014_200510_variant_1', 'timing_test_20251014_200510', 'Dawn', 'timing',
    '{"slot": "06:30", "weekdays": ["Tue"], "drift_minutes": 60}',
    'engagement_rate', 2500, 100, 2, 0.04,
    0.0008, 2500, 0.4, false, '2025-10-14 17:05:10'
),
(
    'timing_test_20251014_200510_variant_2', 'timing_test_20251014_200510', 'Noon', 'timing',
    '{"slot": "12:05", "weekdays": ["Tue"], "drift_minutes": 60}',
    'engagement_rate', 2500, 150, 3, 0.06,
    0.0012, 2500, 0.71, false, '2025-10-14 17:05:10'
),
(
    'timing_test_20251014_200510_variant_3', 'timing_test_20251014_200510', 'Late', 'timing',
    '{"slot": "20:05", "weekdays": ["Tue", "Wed"], "drift_minutes": 60}',
    'engagement_rate', 2500, 165, 5, 0.066,
    0.002, 2500, 0.9925, true, '2025-10-14 17:05:10'
),
(
    'timing_test_20251014_200510_variant_4', 'timing_test_20251014_200510', 'Dead of night', 'timing',
    '{"slot": "03:30", "weekdays": ["Sun"], "note": "an hour that exists twice on 26 October"}',
    'engagement_rate', 2500, 5, 0, 0.002,
    0.0, 2500, 0.02, false, '2025-10-14 17:05:10'
);

-- hook test of November: the first numbers are in; the third variant is in Romanian
insert into test_variants (
    variant_id, test_id, variant_name, element_type,
    content,
    expected_metric, impressions, engagement_actions, consultation_requests, engagement_rate,
    consultation_conversion, sample_size, confidence_level, is_winner, created_at
) values
(
    'hook_test_20251118_171640_variant_1', 'hook_test_20251118_171640', 'Failure first', 'hook',
    '{"opening": "The queue was full. Nobody knew.", "words_to_failure": 4}',
    'saves', 200, 20, 1, 0.1,
    0.005, 200, 0.1, false, '2025-11-18 15:16:40'
),
(
    'hook_test_20251118_171640_variant_2', 'hook_test_20251118_171640', 'Failure last', 'hook',
    '{"opening": "Nobody knew, because nobody asked, that the queue was full.", "words_to_failure": 10}',
    'saves', 200, 7, 0, 0.035,
    0.0, 200, 0.1, false, '2025-11-18 15:16:40'
),
(
    'hook_test_20251118_171640_variant_3', 'hook_test_20251118_171640', 'Eșecul întâi', 'hook',
    '{"opening": "Coada era plină. Nimeni nu știa, nici măcar \"monitorizarea\".", "limba": "ro"}',
    'saves', 200, 13, 0, 0.065,
    0.0, 200, 0.1, false, '2025-11-18 15:16:40'
),
(
    'hook_test_20251118_171640_variant_4', 'hook_test_20251118_171640', 'No failure', 'hook',
    '{"opening": "How we think about queues", "words_to_failure": null}',
    'saves', 200, 2, 0, 0.01,
    0.0, 200, 0.1, false, '2025-11-18 15:16:40'
);

-- closing lines of November: planned, so nobody has seen them; one variant has no name yet
insert into test_variants (
    variant_id, test_id, variant_name, element_type,
    content,
    expected_metric, impressions, engagement_actions, consultation_requests, engagement_rate,
    consultation_conversion, sample_size, confidence_level, is_winner, created_at
) values
(
    'cta_test_20251118_171640_variant_1', 'cta_test_20251118_171640', 'Seat count', 'cta',
    '{"line": "Six seats, Thursday, bring one SLO.", "seats": 6}',
    'consultation_requests', 0, 0, 0, 0.0,
    0.0, 0, 0.0, false, '2025-11-18 15:16:41'
),
(
    'cta_test_20251118_171640_variant_2', 'cta_test_20251118_171640', 'Free of charge', 'cta',
    '{"line": "The clinic is free; the coffee is not bad.", "seats": 6}',
    'consultation_requests', 0, 0, 0, 0.0,
    0.0, 0, 0.0, false, '2025-11-18 15:16:41'
),
(
    'cta_test_20251118_171640_variant_3', 'cta_test_20251118_171640', 'Bring a graph', 'cta',
    '{"line": "Bring the graph you trust least.", "seats": 6}',
    'consultation_requests', 0, 0, 0, 0.0,
    0.0, 0, 0.0, false, '2025-11-18 15:16:41'
),
(
    'cta_test_20251118_171640_variant_4', 'cta_test_20251118_171640', null, 'cta',
    '{}',
    null, 0, 0, 0, 0.0,
    0.0, 0, 0.0, false, '2025-11-18 15:16:41'
);


-- The posts of these three assignments are in none of the databases, and SQLite declares no key that
-- would say so. The rows must be kept all the same.
insert into test_assignments (
    assignment_id,
    test_id, variant_id, post_id, assigned_at
) values
(
    'assign_hook_test_20250211_091458_2024-12-09-monday-alert-budget_20250211091501',
    'hook_test_20250211_091458', 'hook_test_20250211_091458_variant_2',
    '2024-12-09-monday-alert-budget', '2025-02-11 07:15:01'
),
-- the same post again, in the test of July
(
    'assign_hook_test_20250709_001231_2024-12-09-monday-alert-budget_20250709001233',
    'hook_test_20250709_001231', 'hook_test_20250709_001231_variant_1',
    '2024-12-09-monday-alert-budget', '2025-07-08 21:12:33'
),
(
    'assign_hook_test_20251118_171640_2025-11-18-tuesday-cold-start_20251118171655',
    'hook_test_20251118_171640', 'hook_test_20251118_171640_variant_3',
    '2025-11-18-tuesday-cold-start', '2025-11-18 15:16:55'
);


commit;
