{% test foreign_key(model, columns, to, to_columns) %}
    select {{ quote_columns(columns, 'child.') }}
    from {{ model }} as child
    where
        {% for column in columns %}child.{{ quote_column(column) }} is not null and {% endfor %}
        not exists (
            select
            from {{ to }} as parent
            where
                {% for column in columns -%}
                parent.{{ quote_column(to_columns[loop.index0]) }} = child.{{ quote_column(column) }}
                {{- ' and ' if not loop.last }}
                {%- endfor %}
        )
{% endtest %}
