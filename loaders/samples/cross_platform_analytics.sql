-- Sample of cross_platform_analytics.db: all of it is invented.
--
-- timestamp, journey_start and journey_end are UTC; the times inside ids are local (Bucharest).

begin;

CREATE TABLE attribution_tracking (
    tracking_id TEXT PRIMARY KEY,
    content_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    touchpoint TEXT NOT NULL,
    user_id TEXT,
    session_id TEXT,
    timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    value REAL DEFAULT 0.0,
    metadata TEXT,  -- JSON
    processed BOOLEAN DEFAULT FALSE
);

CREATE TABLE conversion_paths (
    path_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    content_id TEXT NOT NULL,
    touchpoints TEXT NOT NULL,  -- JSON array
    conversion_value REAL NOT NULL,
    conversion_type TEXT NOT NULL,
    journey_start TIMESTAMP NOT NULL,
    journey_end TIMESTAMP NOT NULL,
    attribution_weights TEXT  -- JSON
);

CREATE TABLE cross_platform_performance (
    performance_id TEXT PRIMARY KEY,
    content_id TEXT NOT NULL,
    platform TEXT NOT NULL,
    date TEXT NOT NULL,
    impressions INTEGER DEFAULT 0,
    clicks INTEGER DEFAULT 0,
    engagements INTEGER DEFAULT 0,
    conversions INTEGER DEFAULT 0,
    revenue REAL DEFAULT 0.0,
    assisted_conversions INTEGER DEFAULT 0,
    attribution_revenue REAL DEFAULT 0.0,
    calculated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE platform_interactions (
    interaction_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    from_platform TEXT NOT NULL,
    to_platform TEXT NOT NULL,
    content_id TEXT NOT NULL,
    interaction_type TEXT NOT NULL,
    time_between_seconds INTEGER,
    recorded_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX idx_attribution_content ON attribution_tracking (content_id, platform);
CREATE INDEX idx_attribution_user ON attribution_tracking (user_id, timestamp);
CREATE INDEX idx_conversion_paths_user ON conversion_paths (user_id, content_id);
CREATE INDEX idx_performance_content_date ON cross_platform_performance (content_id, date);
CREATE INDEX idx_interactions_user ON platform_interactions (user_id, recorded_at);


insert into attribution_tracking (
    tracking_id, content_id, platform, touchpoint,
    user_id, session_id, timestamp, value, metadata, processed
) values

-- The journey of one reader, two weeks from the first glance to the paid audit: these eight rows are
-- the touchpoints of the one conversion path below. The content was deleted since: its id is in no
-- table.
(
    'attr_linkedin_impression_20250603085812104233', 'content_20250528_113000', 'linkedin', 'impression',
    'reader_7f3a', 'visit_0001', '2025-06-03 05:58:12', 0.0, '{"became": null}', true
),
(
    'attr_linkedin_click_20250603090140557120', 'content_20250528_113000', 'linkedin', 'click',
    'reader_7f3a', 'visit_0001', '2025-06-03 06:01:40', 0.0, '{"became": null}', true
),
(
    'attr_twitter_impression_20250605192003000418', 'content_20250528_113000', 'twitter', 'impression',
    'reader_7f3a', 'visit_0002', '2025-06-05 16:20:03', 0.0, '{"became": null}', true
),
(
    'attr_twitter_engagement_20250605192055871009', 'content_20250528_113000', 'twitter', 'engagement',
    'reader_7f3a', 'visit_0002', '2025-06-05 16:20:55', 0.0, '{"became": null}', true
),
(
    'attr_newsletter_impression_20250610083000020751', 'content_20250528_113000', 'newsletter', 'impression',
    'reader_7f3a', 'visit_0003', '2025-06-10 05:30:00', 0.0, '{"became": null}', true
),
(
    'attr_newsletter_click_20250610083427310664', 'content_20250528_113000', 'newsletter', 'click',
    'reader_7f3a', 'visit_0003', '2025-06-10 05:34:27', 0.0, '{"became": null}', true
),
-- on 12 June here, on the 11th in UTC
(
    'attr_linkedin_engagement_20250612001544900377', 'content_20250528_113000', 'linkedin', 'engagement',
    'reader_7f3a', 'visit_0004', '2025-06-11 21:15:44', 0.0, '{"became": null}', true
),
(
    'attr_newsletter_conversion_20250617121245662830', 'content_20250528_113000', 'newsletter', 'conversion',
    'reader_7f3a', 'visit_0005', '2025-06-17 09:12:45', 4800.0, '{"became": "paid_audit"}', true
),

-- the one touchpoint whose content is in content_pieces (unified_content_management)
(
    'attr_linkedin_impression_20250612070103441902', 'content_20250610_094510', 'linkedin', 'impression',
    'reader_c19e', 'visit_0101', '2025-06-12 04:01:03', 0.0, '{"became": null}', false
),

-- the same reader in winter, with two hours between the clocks, on content that is in no table
(
    'attr_twitter_impression_20251120090001000000', 'content_20251101_180000', 'twitter', 'impression',
    'reader_c19e', 'visit_0102', '2025-11-20 07:00:01', 0.0, '{"became": null}', false
),
(
    'attr_twitter_click_20251120090017250311', 'content_20251101_180000', 'twitter', 'click',
    'reader_c19e', 'visit_0102', '2025-11-20 07:00:17', 0.25,
    '{"became": null, "campaign": "cold \"start\"", "utm": {"source": "x", "term": null}}', false
),

-- readers who refused to be followed: no user, no session
(
    'attr_newsletter_impression_20251120110000000001', 'newsletter-12', 'newsletter', 'impression',
    null, null, '2025-11-20 09:00:00', 0.0, '{}', false
),
(
    'attr_newsletter_impression_20251120110000000002', 'newsletter-12', 'newsletter', 'impression',
    null, null, '2025-11-20 09:00:00', 0.0, '{}', false
),
-- not even the details are known
(
    'attr_newsletter_click_20251120110309118846', 'newsletter-12', 'newsletter', 'click',
    null, 'visit_0103', '2025-11-20 09:03:09', 0.0, null, false
),
-- values that are no round sums: a tenth of a cent, and a seat at 19.99
(
    'attr_linkedin_engagement_20251124181530700125', 'slo-clinic-signup', 'linkedin', 'engagement',
    'reader_00b7', 'visit_0104', '2025-11-24 16:15:30', 0.001, '{"became": null}', false
),
(
    'attr_linkedin_conversion_20251124182211904518', 'slo-clinic-signup', 'linkedin', 'conversion',
    'reader_00b7', 'visit_0104', '2025-11-24 16:22:11', 19.99,
    '{"became": "clinic_seat", "seat": 6, "said": "Mulțumesc! ☕"}', false
);


-- touchpoints repeats the eight rows of this reader, in the order of time; the weights add up to 1
insert into conversion_paths (
    path_id, user_id, content_id,
    touchpoints,
    conversion_value, conversion_type, journey_start, journey_end,
    attribution_weights
) values
(
    'path_reader_7f3a_content_20250528_113000_20250617121245', 'reader_7f3a', 'content_20250528_113000',
    '[{"platform": "linkedin", "touchpoint": "impression", "timestamp": "2025-06-03 05:58:12", '
    || '"value": 0.0, "metadata": {"became": null}}, '
    || '{"platform": "linkedin", "touchpoint": "click", "timestamp": "2025-06-03 06:01:40", '
    || '"value": 0.0, "metadata": {"became": null}}, '
    || '{"platform": "twitter", "touchpoint": "impression", "timestamp": "2025-06-05 16:20:03", '
    || '"value": 0.0, "metadata": {"became": null}}, '
    || '{"platform": "twitter", "touchpoint": "engagement", "timestamp": "2025-06-05 16:20:55", '
    || '"value": 0.0, "metadata": {"became": null}}, '
    || '{"platform": "newsletter", "touchpoint": "impression", "timestamp": "2025-06-10 05:30:00", '
    || '"value": 0.0, "metadata": {"became": null}}, '
    || '{"platform": "newsletter", "touchpoint": "click", "timestamp": "2025-06-10 05:34:27", '
    || '"value": 0.0, "metadata": {"became": null}}, '
    || '{"platform": "linkedin", "touchpoint": "engagement", "timestamp": "2025-06-11 21:15:44", '
    || '"value": 0.0, "metadata": {"became": null}}, '
    || '{"platform": "newsletter", "touchpoint": "conversion", "timestamp": "2025-06-17 09:12:45", '
    || '"value": 4800.0, "metadata": {"became": "paid_audit"}}]',
    4800.0, 'paid_audit', '2025-06-03 05:58:12', '2025-06-17 09:12:45',
    '{"linkedin": 0.35, "twitter": 0.15, "newsletter": 0.5}'
);


insert into cross_platform_performance (
    performance_id,
    content_id, platform, date,
    impressions, clicks, engagements, conversions, revenue, assisted_conversions, attribution_revenue,
    calculated_at
) values
(
    'perf_content_20250528_113000_newsletter_2025-06-17',
    'content_20250528_113000', 'newsletter', '2025-06-17',
    812, 40, 0, 1, 4800.0, 0, 2400.0,
    '2025-06-18 00:05:00'
),
-- LinkedIn closed nothing that day, but helped: its share is 35% of the sale
(
    'perf_content_20250528_113000_linkedin_2025-06-17',
    'content_20250528_113000', 'linkedin', '2025-06-17',
    2600, 65, 91, 0, 0.0, 1, 1680.0,
    '2025-06-18 00:05:00'
),
-- entered by hand, hence the capital letter
(
    'perf_content_20250528_113000_Twitter_2025-06-17',
    'content_20250528_113000', 'Twitter', '2025-06-17',
    430, 3, 6, 0, 0.0, 1, 720.0,
    '2025-06-18 06:41:27'
);


insert into platform_interactions (
    interaction_id, user_id, from_platform, to_platform,
    content_id, interaction_type, time_between_seconds, recorded_at
) values
-- the reader of the journey above, from the click on one platform to the first sight of the next
(
    'move_reader_7f3a_20250605192003', 'reader_7f3a', 'linkedin', 'twitter',
    'content_20250528_113000', 'cross_visit', 209903, '2025-06-05 16:20:03'
),
(
    'move_reader_7f3a_20250610083000', 'reader_7f3a', 'twitter', 'newsletter',
    'content_20250528_113000', 'subscription', 392945, '2025-06-10 05:30:00'
),
-- when the first visit was is not known
(
    'move_reader_00b7_20251124181530', 'reader_00b7', 'newsletter', 'linkedin',
    'slo-clinic-signup', 'cross_visit', null, '2025-11-24 16:15:30'
);


commit;
