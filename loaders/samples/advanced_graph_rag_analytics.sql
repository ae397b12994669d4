-- Sample of advanced_graph_rag_analytics.db: all of it is invented.

begin;

CREATE TABLE graph_insights (
    insight_id TEXT PRIMARY KEY,
    insight_type TEXT,
    insight_description TEXT,
    entities_involved TEXT,  -- JSON array
    relationships TEXT,      -- JSON array
    business_impact_score REAL,
    confidence_score REAL,
    actionable_recommendations TEXT,  -- JSON array
    projected_pipeline_value REAL,
    implementation_effort TEXT,
    priority TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    status TEXT DEFAULT 'new'
);

CREATE TABLE consultation_predictions (
    prediction_id TEXT PRIMARY KEY,
    content_id TEXT,
    predicted_inquiries INTEGER,
    predicted_pipeline_value REAL,
    confidence_lower REAL,
    confidence_upper REAL,
    success_factors TEXT,  -- JSON array
    optimization_opportunities TEXT,  -- JSON array
    competitive_advantages TEXT,  -- JSON array
    audience_segments TEXT,  -- JSON array
    optimal_timing TEXT,  -- JSON object
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    actual_inquiries INTEGER DEFAULT NULL,
    actual_pipeline_value REAL DEFAULT NULL,
    prediction_accuracy REAL DEFAULT NULL
);

CREATE TABLE autonomous_optimizations (
    optimization_id TEXT PRIMARY KEY,
    optimization_type TEXT,
    current_performance TEXT,  -- JSON object
    optimized_performance TEXT,  -- JSON object
    improvement_percentage REAL,
    implementation_steps TEXT,  -- JSON array
    risk_assessment TEXT,  -- JSON object
    expected_timeline TEXT,
    success_metrics TEXT,  -- JSON array
    rollback_strategy TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    status TEXT DEFAULT 'pending',
    implementation_date TIMESTAMP DEFAULT NULL,
    results TEXT DEFAULT NULL  -- JSON object
);

CREATE TABLE graph_patterns (
    pattern_id TEXT PRIMARY KEY,
    pattern_type TEXT,
    pattern_structure TEXT,  -- Cypher query pattern
    business_context TEXT,
    success_indicators TEXT,  -- JSON array
    frequency_score REAL,
    impact_score REAL,
    last_detected TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);


-- business_impact_score goes from 0 to 100, confidence_score from 0 to 1
insert into graph_insights (
    insight_id, insight_type,
    insight_description,
    entities_involved,
    relationships,
    business_impact_score, confidence_score,
    actionable_recommendations,
    projected_pipeline_value, implementation_effort, priority, created_at, status
) values
(
    'circle_night_shift_20250701_080000', 'reader_circle',
    'The circle "night shift" (640 readers) saves 6.6% of what it sees and asks for help after 2.5% of it',
    '["pager", "alert_hygiene", "sleep"]',
    '[["pager", "WAKES", "night shift"], ["alert_hygiene", "CALMS", "night shift"]]',
    87.5, 0.85,
    '["Open a series of its own for the night shift", "Offer the audit in the second week, not the first"]',
    148000.0, 'medium', 'critical', '2025-07-01 05:00:00', 'implementing'
),
-- two topics that share readers but no post: the highest impact there is
(
    'bridge_cost_tracing_20250701_080001', 'topic_bridge',
    'Readers of "log bill" and of "tracing" are the same people; no post speaks to both',
    '["log_bill", "tracing"]',
    '[["log_bill", "SHARES_READERS_WITH", "tracing", {"readers": 212, "overlap": 0.7999999999999999}]]',
    100.0, 0.7,
    '["Write \"what a trace costs\"; use the checkout with 14 services"]',
    52500.25, 'low', 'high', '2025-07-01 05:00:01', 'reviewed'
),
-- an insight without substance: nothing related, nothing to do, no sum
(
    'island_finance_20251118_171700', 'reader_circle',
    'Finance partners stand apart',
    '["finance_partners"]',
    '[]',
    0.0, 0.25,
    '[]',
    null, null, 'low', '2025-11-18 15:17:00', 'new'
);


-- confidence_lower and confidence_upper are money here: a fifth below and above the predicted value
insert into consultation_predictions (
    prediction_id, content_id,
    predicted_inquiries, predicted_pipeline_value, confidence_lower, confidence_upper,
    success_factors, optimization_opportunities,
    competitive_advantages, audience_segments,
    optimal_timing,
    created_at, actual_inquiries, actual_pipeline_value, prediction_accuracy
) values
-- the one whose content is in content_pieces (unified_content_management); it came true, nearly
(
    'forecast_content_20250610_094510', 'content_20250610_094510',
    4, 30000.0, 24000.0, 36000.0,
    '["A sum in euro", "A table in the letter"]', '["Say who the client was, if they agree"]',
    '["We publish our own bill"]', '["Platform leads", "Finance partners"]',
    '{"day": "Thursday", "time": "7:00 AM", "zone": "Europe/Bucharest", "second_choice": {"day": "Tuesday"}}',
    '2025-06-10 06:46:00', 4, 29500.0, 0.9833333333333333
),
-- the content of these two is in no table: drafts that were never kept
(
    'forecast_draft_0_20251118_171700', 'draft_0',
    1, 7400.1, 5920.080000000001, 8880.12,
    '["Failure named in the first sentence"]', '["Translate the last paragraph", "Cut the snowflake ❄️"]',
    '[]', '["Ingineri de gard\u0103"]',
    '{"day": "Thursday", "time": "12:05 PM"}',
    '2025-11-18 15:17:00', null, null, null
),
(
    'forecast_draft_1_20251118_171700', 'draft_1',
    0, 0.0, 0.0, 0.0,
    '[]', '["Find a reader"]',
    '[]', '[]',
    '{}',
    '2025-11-18 15:17:00', null, null, null
);


-- improvement_percentage is in percent, and free: it may be negative
insert into autonomous_optimizations (
    optimization_id, optimization_type,
    current_performance, optimized_performance, improvement_percentage,
    implementation_steps,
    risk_assessment,
    expected_timeline, success_metrics,
    rollback_strategy,
    created_at, status, implementation_date, results
) values
-- 0.08 × 1.4 in floating point: the JSON holds all its digits, and must go on holding them
(
    'tune_closing_lines_20250701_080200', 'closing_lines',
    '{"save_rate": 0.08, "requests_per_month": 5}',
    '{"save_rate": 0.11199999999999999, "requests_per_month": 7}', 40.0,
    '["Name the price in every second post", "Keep one post a week free of any offer"]',
    '{"brand": "low", "trust": "medium", "if": {"unfollows_per_week": 20}}',
    'three weeks', '["requests per month >= 7", "unfollows per week < 20"]',
    'Go back to the old line after one bad week; tell nobody',
    '2025-07-01 05:02:00', 'pending', null, null
),
(
    'tune_hours_20250701_080201', 'hours',
    '{"share_before_nine": 0.45, "open_rate": 0.3}',
    '{"share_before_nine": 0.8, "open_rate": 0.36}', 19.999999999999996,
    '["Move the letter to 7:00 AM", "Leave the summer out of the comparison"]',
    '{"brand": "low", "readers_abroad": "unknown"}',
    'until the clocks change', '["open rate >= 0.35"]',
    'Send at noon again',
    '2025-07-01 05:02:01', 'implementing', '2025-09-01 04:00:00', null
),
-- tried, and taken back: it made things worse. The text NULL in a JSON string is not a null.
(
    'tune_emoji_20250701_080202', 'emoji',
    '{"emoji_per_post": 1, "save_rate": 0.066}',
    '{"emoji_per_post": 6, "save_rate": 0.07}', -46.96969696969697,
    '["Add five emoji to each post \ud83c\udf89\ud83c\udf89", "Wait"]',
    '{"dignity": "high"}',
    'one week', '[]',
    null,
    '2025-07-01 05:02:02', 'rolled_back', '2025-07-08 04:00:00',
    '{"save_rate": 0.035, "comment": "NULL effect would have been nice", "kept": false, "after_days": 7}'
);


-- patterns are Cypher, with quotes, braces, a semicolon and an arrow
insert into graph_patterns (
    pattern_id, pattern_type,
    pattern_structure,
    business_context, success_indicators, frequency_score, impact_score, last_detected
) values
(
    'shape_reader_returns', 'journey',
    'MATCH (r:Reader)-[:SAW]->(p:Post {topic: ''pager''})<-[:ANSWERED]-(r)
RETURN r.id, count(p) AS times;',
    'Readers who come back to a topic ask for help twice as often', '["answers >= 2", "days <= 14"]',
    0.035, 0.9, '2025-07-01 05:03:00'
),
(
    'shape_topic_gap', 'gap',
    'MATCH (a:Topic), (b:Topic) WHERE a.name < b.name AND NOT (a)--(:Post)--(b) RETURN a, b',
    null, '[]',
    0.0, 0.0, '2025-11-18 15:18:00'
);


commit;
