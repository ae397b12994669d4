def test_build(warehouse):
    print(warehouse.query("select count(*) from analytics.posts"))
def test_empty(empty_warehouse):
    print(empty_warehouse.query("select 1"))
