-- Sample of optimized_performance_analytics.db: all of it is invented.
--
-- The next version of the program behind performance_analytics.db. The same four tables with a few
-- columns more and nulls refused; the rows marked (*) carry an id that the older database uses too,
-- for a row with other values. Both must arrive.

pragma journal_mode = wal;

begin;

CREATE TABLE content_patterns (
    pattern_id TEXT PRIMARY KEY,
    pattern_type TEXT NOT NULL,
    pattern_value TEXT NOT NULL,
    avg_engagement_rate REAL NOT NULL,
    avg_consultation_conversion REAL NOT NULL,
    sample_size INTEGER NOT NULL,
    confidence_score REAL NOT NULL,
    recommendation TEXT,
    identified_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE performance_predictions (
    prediction_id TEXT PRIMARY KEY,
    post_id TEXT NOT NULL,
    predicted_engagement_rate REAL NOT NULL,
    predicted_consultation_requests INTEGER NOT NULL,
    confidence_lower REAL NOT NULL,
    confidence_upper REAL NOT NULL,
    key_factors TEXT NOT NULL,  -- JSON array
    recommendations TEXT NOT NULL,  -- JSON array
    actual_engagement_rate REAL DEFAULT NULL,
    actual_consultation_requests INTEGER DEFAULT NULL,
    prediction_accuracy REAL DEFAULT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    validated_at TIMESTAMP DEFAULT NULL
);

CREATE TABLE content_analysis (
    analysis_id TEXT PRIMARY KEY,
    post_id TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    hook_type TEXT NOT NULL,
    cta_type TEXT NOT NULL,
    topic_category TEXT NOT NULL,
    technical_depth INTEGER NOT NULL CHECK (technical_depth BETWEEN 1 AND 5),
    business_focus INTEGER NOT NULL CHECK (business_focus BETWEEN 1 AND 5),
    controversy_score INTEGER NOT NULL CHECK (controversy_score BETWEEN 1 AND 5),
    emoji_count INTEGER NOT NULL,
    hashtag_count INTEGER NOT NULL,
    question_count INTEGER NOT NULL,
    personal_story BOOLEAN NOT NULL,
    data_points INTEGER NOT NULL,
    code_snippets BOOLEAN NOT NULL,
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


insert into content_patterns (
    pattern_id, pattern_type, pattern_value,
    avg_engagement_rate, avg_consultation_conversion, sample_size, confidence_score,
    recommendation, identified_at, updated_at
) values
-- (*) more posts counted: other rates, and a higher confidence
(
    'pattern_hook_night_story', 'hook_type', 'night_story',
    0.0612, 0.0195, 41, 0.95,
    'Keep the hour, drop the emoji', '2025-07-01 04:30:00', '2025-11-03 05:30:00'
),
-- (*) and here the early hour has lost its lead
(
    'pattern_time_early', 'posting_time', '6:30 AM',
    0.035, 0.0005, 58, 0.9,
    null, '2025-07-01 04:30:00', '2025-11-03 05:30:00'
),
-- 0.1 + 0.2, as a computer adds them
(
    'pattern_topic_log_bill', 'topic_category', 'log_bill',
    0.075, 0.0046875, 4, 0.30000000000000004,
    '', '2025-09-15 04:30:00', '2025-09-15 04:30:00'
);


insert into performance_predictions (
    prediction_id, post_id,
    predicted_engagement_rate, predicted_consultation_requests, confidence_lower, confidence_upper,
    key_factors, recommendations,
    actual_engagement_rate, actual_consultation_requests, prediction_accuracy,
    created_at, validated_at
) values
-- (*) the same post predicted again by the newer model
(
    'pred_2025-03-03-monday', '2025-03-03-monday',
    0.06, 2, 0.052, 0.068,
    '["night story", "reply rate of the author"]', '["Keep it"]',
    0.066, 2, 0.9090909090909091,
    '2025-07-01 04:31:00', '2025-07-01 04:31:02'
),
-- of a post in none of the databases; nobody has checked it
(
    'pred_2025-06-12-thursday', '2025-06-12-thursday',
    0.02, 0, 0.0, 0.04,
    '["topic: log bill", "a thread of two"]', '["Shorten the second tweet", "Show one invoice"]',
    null, null, null,
    '2025-06-11 15:00:00', null
);


insert into content_analysis (
    analysis_id, post_id, word_count, hook_type, cta_type, topic_category,
    technical_depth, business_focus, controversy_score,
    emoji_count, hashtag_count, question_count,
    personal_story, data_points, code_snippets, analyzed_at
) values
-- (*) the newer program counts words and numbers in its own way
(
    'analysis_2025-03-03-monday', '2025-03-03-monday', 208, 'night_story', 'price', 'alert_hygiene',
    3, 4, 2,
    1, 3, 2,
    true, 7, false, '2025-07-01 04:32:00'
),
-- of a post in week3_posts
(
    'analysis_2025-03-20-thursday', '2025-03-20-thursday', 164, 'direct_address', 'reply', 'alert_hygiene',
    2, 3, 4,
    0, 0, 1,
    false, 1, false, '2025-07-01 04:32:00'
);


insert into performance_metrics_agg (
    metric_id, metric_type, metric_date, total_posts,
    avg_engagement_rate, total_consultations, top_performing_pattern, calculated_at
) values
-- (*) the same week without the post that nobody had measured
(
    'weekly_2025-03-17', 'weekly', '2025-03-17', 6,
    0.04850000000000001, 2, 'pattern_hook_night_story', '2025-07-01 04:33:00'
),
(
    'daily_2025-06-12', 'daily', '2025-06-12', 1,
    0.014414414414414415, 0, 'pattern_topic_log_bill', '2025-06-13 04:33:00'
),
(
    'monthly_2025-03', 'monthly', '2025-03-01', 7,
    0.051000000000000004, 4, null, '2025-07-01 04:33:00'
);


commit;

analyze;
