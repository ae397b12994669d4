-- Sample of revenue_acceleration.db: all of it is invented.

begin;

CREATE TABLE revenue_opportunities (
    opportunity_id TEXT PRIMARY KEY,
    lead_source TEXT NOT NULL,
    customer_segment TEXT NOT NULL,
    revenue_potential REAL NOT NULL,
    confidence_score REAL NOT NULL,
    qualification_score INTEGER NOT NULL,
    engagement_history TEXT,  -- JSON
    recommended_offering TEXT,
    next_action TEXT,
    status TEXT DEFAULT 'active',
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE product_performance (
    performance_id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL,
    product_name TEXT NOT NULL,
    price_point REAL NOT NULL,
    monthly_sales INTEGER DEFAULT 0,
    conversion_rate REAL DEFAULT 0.0,
    customer_ltv REAL DEFAULT 0.0,
    churn_rate REAL DEFAULT 0.0,
    growth_rate REAL DEFAULT 0.0,
    month_year TEXT NOT NULL,
    recorded_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE enhanced_attribution (
    attribution_id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL,
    revenue_amount REAL NOT NULL,
    content_touchpoints TEXT,  -- JSON array
    conversion_path TEXT,     -- JSON array
    customer_segment TEXT NOT NULL,
    product_purchased TEXT NOT NULL,
    sales_cycle_days INTEGER,
    attribution_weights TEXT,  -- JSON
    recorded_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE lead_scoring_factors (
    scoring_id TEXT PRIMARY KEY,
    lead_id TEXT NOT NULL,
    company_size_score INTEGER DEFAULT 0,
    role_authority_score INTEGER DEFAULT 0,
    engagement_score REAL DEFAULT 0.0,
    urgency_indicators TEXT,  -- JSON array
    content_consumption_score REAL DEFAULT 0.0,
    social_proof_score INTEGER DEFAULT 0,
    budget_authority_score INTEGER DEFAULT 0,
    total_score INTEGER DEFAULT 0,
    segment_classification TEXT,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);


-- qualification_score is a whole number from 0 to 10, confidence_score a fraction from 0 to 1: a 10
-- must not arrive as 0.10, nor a full 1.0 as one hundredth
insert into revenue_opportunities (
    opportunity_id, lead_source, customer_segment,
    revenue_potential, confidence_score, qualification_score,
    engagement_history,
    recommended_offering, next_action,
    status, created_at, updated_at
) values
-- as sure as can be
(
    'opp_lead_harbour_014_20250620', 'linkedin', 'scale_up_platform_team',
    64000.0, 1.0, 10,
    '[{"lead": "lead_harbour_014", "score": 9.25, "read": ["pager"], "title": "Head of Platform"}, '
    || '{"lead": "lead_harbour_014", "score": 9.5, "read": [], "asked": "Is \u20ac64k \"all in\"?"}]',
    'Year of quiet nights: audit, clean-up, quarterly review', 'Send the contract; call on Thursday',
    'negotiation', '2025-06-20 08:15:33', '2025-07-02 13:40:10'
),
-- only just met: nothing read yet, nothing to recommend; 'active' is a status of its own
(
    'opp_lead_orchard_002_20250704', 'newsletter', 'small_team',
    2400.5, 0.55, 6,
    '[]',
    null, 'Add to the "first outage" series; wait',
    'active', '2025-07-04 15:02:59', '2025-07-04 15:02:59'
);


insert into product_performance (
    performance_id, product_id, product_name, price_point,
    monthly_sales, conversion_rate, customer_ltv, churn_rate, growth_rate,
    month_year, recorded_at
) values
-- the same product in two months; the growth of the second is negative
(
    'perf_alert_audit_2025-08', 'alert_audit', 'Alert audit, four days', 2400.0,
    3, 0.025, 7350.75, 0.0, 0.5,
    '2025-08', '2025-09-01 04:00:00'
),
(
    'perf_alert_audit_2025-09', 'alert_audit', 'Alert audit, four days', 2400.0,
    2, 0.0175, 7350.75, 0.035, -0.3333333333333333,
    '2025-09', '2025-10-01 04:00:00'
),
-- free, and so worth nothing in money; almost nobody of those who see it takes it
(
    'perf_checklist_2025-09', 'checklist', 'The "is this page worth a page?" checklist', 0.0,
    112, 0.00035, 0.0, 1.0, 0.0,
    '2025-09', '2025-10-01 04:00:00'
);


insert into enhanced_attribution (
    attribution_id, customer_id, revenue_amount,
    content_touchpoints, conversion_path,
    customer_segment, product_purchased, sales_cycle_days,
    attribution_weights, recorded_at
) values
-- the weights, keyed by platform, add up to 1
(
    'ea_cust_0031_20250617', 'cust_0031', 4800.0,
    '["2025-03-03-monday", "2025-06-12-thursday", "newsletter-07"]',
    '["linkedin:click", "twitter:engagement", "newsletter:conversion"]',
    'scale_up_platform_team', 'Alert audit, two teams', 14,
    '{"linkedin": 0.35, "twitter": 0.15, "newsletter": 0.5}', '2025-06-17 09:20:00'
),
-- came by word of mouth: no content took part, so there is no path and nothing to weigh
(
    'ea_cust_0032_20250911', 'cust_0032', 7400.1,
    '[]', null,
    'ferry_operator', 'Alert audit, four days', null,
    '{}', '2025-09-11 12:00:00'
);


insert into lead_scoring_factors (
    scoring_id, lead_id,
    company_size_score, role_authority_score, engagement_score, urgency_indicators,
    content_consumption_score, social_proof_score, budget_authority_score, total_score,
    segment_classification, updated_at
) values
(
    'score_lead_harbour_014', 'lead_harbour_014',
    20, 18, 9.25, '["hiring for on-call", "outage last week", "log bill > 10% of hosting"]',
    7.75, 12, 20, 87,
    'scale_up_platform_team', '2025-07-02 13:40:10'
),
-- nothing known yet: every score at its default
(
    'score_lead_orchard_002', 'lead_orchard_002',
    0, 0, 0.0, '[]',
    0.0, 0, 0, 0,
    null, '2025-07-04 15:02:59'
);


commit;
