-- Sample of twitter_analytics.db: all of it is invented.
--
-- Two threads of two tweets each, and one tweet that stands alone. The tweets of a thread share the
-- post_id of the thread; thread_position counts from 1 and total_threads is the thread's length.

begin;

CREATE TABLE twitter_posts (
    tweet_id TEXT PRIMARY KEY,
    post_id TEXT NOT NULL,
    content TEXT NOT NULL,
    thread_position INTEGER DEFAULT 1,
    total_threads INTEGER DEFAULT 1,
    impressions INTEGER DEFAULT 0,
    retweets INTEGER DEFAULT 0,
    likes INTEGER DEFAULT 0,
    replies INTEGER DEFAULT 0,
    clicks INTEGER DEFAULT 0,
    engagement_rate REAL DEFAULT 0.0,
    posted_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    last_updated TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE twitter_threads (
    thread_id TEXT PRIMARY KEY,
    post_id TEXT NOT NULL,
    total_tweets INTEGER NOT NULL,
    first_tweet_id TEXT,
    thread_performance REAL DEFAULT 0.0,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX idx_twitter_posts_post_id ON twitter_posts (post_id);
CREATE INDEX idx_twitter_posts_engagement ON twitter_posts (engagement_rate DESC);
CREATE INDEX idx_twitter_threads_performance ON twitter_threads (thread_performance DESC);


insert into twitter_posts (
    tweet_id, post_id,
    content,
    thread_position, total_threads,
    impressions, retweets, likes, replies, clicks, engagement_rate,
    posted_at, last_updated
) values

-- a thread on a post that is in posts (content_analytics)
(
    '1000000000000000101', '2025-03-03-monday',
    '🔕 We deleted 400 alerts last winter.

Nothing burned. Here''s how we chose them (1/2)',
    1, 2,
    4000, 60, 140, 24, 40, 0.066,
    '2025-03-03 06:02:11', '2025-03-10 06:00:00'
),
-- holds a tab: the tweet shows a small table
(
    '1000000000000000102', '2025-03-03-monday',
    'Rule' || char(9) || 'Kept
"nobody acted in 90 days"' || char(9) || '0%
"woke a human"' || char(9) || '100%  (2/2)',
    2, 2,
    2000, 10, 32, 5, 3, 0.025,
    '2025-03-03 06:02:13', '2025-03-10 06:00:00'
),

-- a tweet without a thread, on a post that is in week3_posts (week3_business_development)
(
    '1000000000000000103', '2025-03-19-wednesday',
    '9 seconds. 14 services. 1 missing index. Guess which of them had a dashboard?',
    1, 1,
    1000, 6, 21, 5, 3, 0.035,
    '2025-03-19 10:06:40', '2025-03-26 06:00:00'
),

-- a thread on a post that is in none of the databases
(
    '1000000000000000104', '2025-06-12-thursday',
    'A log line costs nothing to write.
It costs a little to ship, more to keep, and most to search.

🧵 1/2',
    1, 2,
    800, 4, 9, 3, 0, 0.02,
    '2025-06-12 06:00:02', '2025-06-19 06:00:00'
),
-- nobody scrolled this far: a rate of zero that is a measurement, not a gap
(
    '1000000000000000105', '2025-06-12-thursday',
    'Sample the boring ones; keep the odd ones. Your bill falls by half.

🧵 2/2',
    2, 2,
    310, 0, 0, 0, 0, 0.0,
    '2025-06-12 06:00:04', '2025-06-19 06:00:00'
);


insert into twitter_threads (
    thread_id, post_id, total_tweets, first_tweet_id, thread_performance, created_at
) values
-- thread_performance is the mean of the rates of the thread's tweets
('thread_20250303_080211', '2025-03-03-monday',   2, '1000000000000000101', 0.0455, '2025-03-03 06:02:11'),
('thread_20250612_090002', '2025-06-12-thursday', 2, '1000000000000000104', 0.01,   '2025-06-12 06:00:02');


commit;
