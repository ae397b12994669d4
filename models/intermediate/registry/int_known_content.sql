with final as (
    {{ union_references('content_id', [
        ('content_pieces', ref('stg_unified_content_management__content_pieces'), 'content_id'),
    ]) }}
)

select * from final
