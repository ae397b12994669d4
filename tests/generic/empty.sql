{% test empty(model) %}
    {#- Returns every row of a model that lists what is wrong. -#}
    select * from {{ model }}
{% endtest %}
