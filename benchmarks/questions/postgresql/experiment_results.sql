select test_id, variant_id, engagement_rate, consultation_rate, assigned_posts
from analytics.experiment_results
where rank_in_test = 1 and has_enough_data
order by consultation_rate desc, engagement_rate desc, variant_id
limit 20
