-- Sample of performance_analytics.db: all of it is invented.
--
-- optimized_performance_analytics.db has the same four tables, written by the next version of the same
-- program, and some of the same ids with other values: the rows marked (*). They are different rows.

pragma journal_mode = wal;

begin;

CREATE TABLE content_patterns (
    pattern_id TEXT PRIMARY KEY,
    pattern_type TEXT,
    pattern_value TEXT,
    avg_engagement_rate REAL,
    avg_consultation_conversion REAL,
    sample_size INTEGER,
    confidence_score REAL,
    recommendation TEXT,
    identified_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE performance_predictions (
    prediction_id TEXT PRIMARY KEY,
    post_id TEXT,
    predicted_engagement_rate REAL,
    predicted_consultation_requests INTEGER,
    confidence_lower REAL,
    confidence_upper REAL,
    key_factors TEXT,  -- JSON array
    recommendations TEXT,  -- JSON array
    actual_engagement_rate REAL DEFAULT NULL,
    actual_consultation_requests INTEGER DEFAULT NULL,
    prediction_accuracy REAL DEFAULT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE content_analysis (
    analysis_id TEXT PRIMARY KEY,
    post_id TEXT,
    word_count INTEGER,
    hook_type TEXT,
    cta_type TEXT,
    topic_category TEXT,
    technical_depth INTEGER,  -- 1-5 scale
    business_focus INTEGER,   -- 1-5 scale
    controversy_score INTEGER, -- 1-5 scale
    emoji_count INTEGER,
    hashtag_count INTEGER,
    question_count INTEGER,
    personal_story BOOLEAN,
    data_points INTEGER,
    code_snippets BOOLEAN,
    analyzed_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE performance_metrics_agg (
    metric_id TEXT PRIMARY KEY,
    metric_type TEXT NOT NULL,  -- daily, weekly, monthly
    metric_date TEXT NOT NULL,  -- ISO date string
    total_posts INTEGER NOT NULL,
    avg_engagement_rate REAL NOT NULL,
    total_consultations INTEGER NOT NULL,
    top_performing_pattern TEXT,
    calculated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX idx_patterns_type_confidence ON content_patterns (pattern_type, confidence_score DESC);
CREATE INDEX idx_patterns_engagement ON content_patterns (avg_engagement_rate DESC);
CREATE INDEX idx_patterns_consultation ON content_patterns (avg_consultation_conversion DESC);
CREATE INDEX idx_patterns_identified ON content_patterns (identified_at DESC);
CREATE INDEX idx_predictions_post ON performance_predictions (post_id);
CREATE INDEX idx_predictions_accuracy ON performance_predictions (prediction_accuracy DESC);
CREATE INDEX idx_predictions_created ON performance_predictions (created_at DESC);
CREATE INDEX idx_analysis_post ON content_analysis (post_id);
CREATE INDEX idx_analysis_hook_topic ON content_analysis (hook_type, topic_category);
CREATE INDEX idx_analysis_technical ON content_analysis (technical_depth, business_focus);
CREATE INDEX idx_analysis_date ON content_analysis (analyzed_at DESC);
CREATE INDEX idx_metrics_type_date ON performance_metrics_agg (metric_type, metric_date DESC);
CREATE INDEX idx_metrics_engagement ON performance_metrics_agg (avg_engagement_rate DESC);
CREATE INDEX idx_patterns_composite ON content_patterns (pattern_type, avg_engagement_rate DESC, sample_size);
CREATE INDEX idx_analysis_composite ON content_analysis (hook_type, cta_type, topic_category);


-- The confidence is a sum of steps of 0.05, made in floating point: the third row has just missed 0.8.
insert into content_patterns (
    pattern_id, pattern_type, pattern_value,
    avg_engagement_rate, avg_consultation_conversion, sample_size, confidence_score,
    recommendation, identified_at
) values
-- (*)
(
    'pattern_hook_night_story', 'hook_type', 'night_story',
    0.066, 0.025, 10, 0.7,
    'Open with the hour on the clock', '2025-03-24 05:10:00'
),
(
    'pattern_hook_bare_number', 'hook_type', 'bare_number',
    0.025, 0.0, 11, 0.75,
    'Give the number a victim', '2025-03-24 05:10:00'
),
(
    'pattern_hook_confession', 'hook_type', 'confession',
    0.1, 0.035, 12, 0.7999999999999999,
    'Admit the mistake before the advice; readers forgive quickly', '2025-03-24 05:10:00'
),
-- (*)
(
    'pattern_time_early', 'posting_time', '6:30 AM',
    0.0675, 0.005, 13, 0.85,
    'Keep Tuesday and Thursday', '2025-03-24 05:10:00'
),
-- seen once: no conversion measured, nothing to recommend, a confidence of zero
(
    'pattern_topic_spreadsheet', 'topic_category', 'spreadsheet 🧮',
    0.025, null, 1, 0.0,
    null, '2025-03-24 05:10:00'
);


-- confidence_lower and confidence_upper are engagement rates around the predicted one
insert into performance_predictions (
    prediction_id, post_id,
    predicted_engagement_rate, predicted_consultation_requests, confidence_lower, confidence_upper,
    key_factors, recommendations,
    actual_engagement_rate, actual_consultation_requests, prediction_accuracy, created_at
) values
-- (*) of a post in posts (content_analytics); it came true, nearly
(
    'pred_2025-03-03-monday', '2025-03-03-monday',
    0.07, 3, 0.055, 0.085,
    '["night story", "a number in the first line"]', '["Answer the first ten comments yourself"]',
    0.066, 2, 0.9428571428571428, '2025-03-02 17:45:09'
),
-- of a post in week3_posts (week3_business_development); not yet checked
(
    'pred_2025-03-23-sunday', '2025-03-23-sunday',
    0.045, 0, 0.03, 0.06,
    '["personal story", "Sunday"]', '[]',
    null, null, null, '2025-03-22 19:00:00'
),
-- of a post in none of the databases
(
    'pred_2024-12-09-monday-alert-budget', '2024-12-09-monday-alert-budget',
    0.05, 1, 0.04, 0.065,
    '["topic: alert budget", "no question at the end"]',
    '["Ask one question", "Cut paragraph two", "Say \u201cpager\u201d, not \u201cincident tool\u201d"]',
    0.035, 0, 0.7, '2024-12-08 18:20:30'
);


insert into content_analysis (
    analysis_id, post_id, word_count, hook_type, cta_type, topic_category,
    technical_depth, business_focus, controversy_score,
    emoji_count, hashtag_count, question_count,
    personal_story, data_points, code_snippets, analyzed_at
) values
-- (*) of a post in posts
(
    'analysis_2025-03-03-monday', '2025-03-03-monday', 212, 'night_story', 'price', 'alerting',
    3, 2, 2,
    1, 3, 1,
    true, 4, false, '2025-03-04 06:20:00'
),
-- of a post in week3_posts
(
    'analysis_2025-03-19-wednesday', '2025-03-19-wednesday', 340, 'bare_number', 'download', 'tracing',
    5, 1, 1,
    0, 2, 0,
    false, 9, true, '2025-03-19 18:00:41'
),
-- of a post in none of the databases; the analysis broke off halfway
(
    'analysis_2025-11-18-tuesday-cold-start', '2025-11-18-tuesday-cold-start',
    88, 'confession', null, null,
    null, null, 5,
    0, 0, null,
    null, null, null, '2025-11-18 15:17:20'
);


insert into performance_metrics_agg (
    metric_id, metric_type, metric_date, total_posts,
    avg_engagement_rate, total_consultations, top_performing_pattern, calculated_at
) values
-- (*) an id made of the type and the date, and so the same in both databases
(
    'weekly_2025-03-17', 'weekly', '2025-03-17', 7,
    0.04157142857142858, 2, 'pattern_hook_confession', '2025-03-24 05:12:00'
),
(
    'daily_2025-03-20', 'daily', '2025-03-20', 1,
    0.1, 1, 'pattern_time_early', '2025-03-21 05:12:00'
),
-- a month with nothing in it
(
    'monthly_2025-01', 'monthly', '2025-01-01', 0,
    0.0, 0, null, '2025-02-01 05:12:00'
);


commit;

analyze;
