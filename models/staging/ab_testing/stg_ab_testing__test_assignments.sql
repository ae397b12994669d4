with typed as (
    select
        {{ as_text('assignment_id') }} as assignment_id,
        {{ as_text('test_id') }} as test_id,
        {{ as_text('variant_id') }} as variant_id,
        {{ as_text('post_id') }} as post_id,
        {{ as_utc('assigned_at') }} as assigned_at,
        _source_row,
        'ab_testing' as source_database
    from {{ source('ab_testing', 'test_assignments') }}
)

select * from typed
