-- Sample of synapse_content_intelligence.db: all of it is invented.

begin;

CREATE TABLE content_insights (
    insight_id TEXT PRIMARY KEY,
    post_id TEXT,
    insight_type TEXT,
    insight_data TEXT,  -- JSON
    confidence_score REAL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE audience_intelligence (
    analysis_id TEXT PRIMARY KEY,
    audience_segment TEXT,
    content_preferences TEXT,  -- JSON
    engagement_patterns TEXT,  -- JSON
    business_potential REAL,
    recommendations TEXT,  -- JSON
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE content_recommendations (
    recommendation_id TEXT PRIMARY KEY,
    recommendation_type TEXT,
    content_topic TEXT,
    target_audience TEXT,
    expected_performance TEXT,  -- JSON
    reasoning TEXT,
    priority_score REAL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);


insert into content_insights (
    insight_id, post_id, insight_type,
    insight_data,
    confidence_score, created_at
) values
-- of a post in posts (content_analytics)
(
    'insight_opening_20250304_090000', '2025-03-03-monday', 'opening',
    '{"device": "night story", "seconds_read": 41.5, "quoted": ["400 alerts"], "shared_by": {"sre": 7}}',
    0.85, '2025-03-04 07:00:00'
),
-- of a post in week3_posts (week3_business_development)
(
    'insight_language_20250322_101500', '2025-03-21-friday', 'language',
    '{"limba": "rom\u00e2n\u0103", "diacritics": true, "readers_lost": 0, "readers_won": 3}',
    0.35, '2025-03-22 08:15:00'
),
-- of a post in none of the databases; an array, and nobody knows how sure we are
(
    'insight_topic_20251119_120000', '2025-11-18-tuesday-cold-start', 'topic',
    '["queues", "cold start", {"green dashboards": 3}, null, true]',
    null, '2025-11-19 10:00:00'
),
-- of no post at all: an insight about the week
(
    'insight_week_20250324_070000', null, 'week',
    '{}',
    1.0, '2025-03-24 05:00:00'
);


insert into audience_intelligence (
    analysis_id, audience_segment,
    content_preferences, engagement_patterns,
    business_potential, recommendations, updated_at
) values
(
    'audience_night_shift_20250701', 'night_shift',
    '{"formats": ["story", "postmortem"], "length_words": {"min": 150, "max": 300}, "emoji": "rarely"}',
    '{"best_hour": "6:30 AM", "weekdays": {"Tue": 0.066, "Thu": 0.1}, "comments_per_view": 0.0105}',
    0.8, '["Publish before stand-up", "Never start with \"In today''s world\""]', '2025-07-01 04:35:00'
),
-- hardly any readers of this kind: the documents are empty, not absent
(
    'audience_finance_20250701', 'finance_partners',
    '{}',
    '{}',
    0.0, '[]', '2025-07-01 04:35:00'
);


-- Two runs of the same program, a week apart. Between them the clocks here went back by an hour:
-- the first was made three hours ahead of UTC, the second two.
insert into content_recommendations (
    recommendation_id, recommendation_type,
    content_topic, target_audience,
    expected_performance,
    reasoning, priority_score, created_at
) values
(
    'rec_follow_up_20251021100500', 'follow_up',
    'the_log_bill_one_year_on', 'platform_leads',
    '{"save_rate": 0.066, "range": [0.05, 0.08]}',
    'The first post is still quoted in other people''s comments', 0.9, '2025-10-21 07:05:00'
),
(
    'rec_new_series_20251021100500', 'new_series',
    'outages_we_were_thanked_for', 'on_call_engineers',
    '{"save_rate": 0.1}',
    'Stories of a calm incident are saved 3x as often as those of a wild one', 0.7999999999999999,
    '2025-10-21 07:05:00'
),
(
    'rec_repair_20251021100500', 'repair',
    'dashboard_diet', 'platform_leads',
    '{"save_rate": 0.025, "inquiries": null}',
    'Good title; the second paragraph loses half of the readers', 0.35, '2025-10-21 07:05:00'
),
(
    'rec_follow_up_20251028100500', 'follow_up',
    'the_log_bill_one_year_on', 'platform_leads',
    '{"save_rate": 0.0675, "range": [0.055, 0.08]}',
    'Unchanged; one more quote since last week', 0.9, '2025-10-28 08:05:00'
),
-- a very small number, written by the program with an exponent
(
    'rec_new_series_20251028100500', 'new_series',
    'note_de_gardă', 'ingineri_de_gardă',
    '{"save_rate": 0.04, "conversion": 1e-07}',
    'Textele în română aduc puține cereri, dar cititori fideli; costă o oră pe săptămână', 0.5,
    '2025-10-28 08:05:00'
),
-- nothing to say this time
(
    'rec_repair_20251028100500', 'repair',
    '', null,
    '{}',
    null, 0.0, '2025-10-28 08:05:00'
);


commit;
