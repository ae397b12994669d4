{% macro wilson_bound(successes, trials, side) -%}
    {#- The number is the 0.975 quantile of the normal distribution. A rate of 0 has the low bound 0, and a rate of 1 the
        high bound 1; greatest and least keep rounding from going past them. -#}
    {%- set z = '1.959963984540054::double precision' -%}
    case
        when {{ successes }} between 0 and {{ trials }} and {{ trials }} > 0
            then
                {{ 'greatest(0' if side == 'low' else 'least(1' }}, (
                    {{ successes }} + {{ z }} * {{ z }} / 2
                    {{ '-' if side == 'low' else '+' }} {{ z }} * sqrt(
                        {{ successes }} * (1 - {{ successes }}::double precision / {{ trials }}) + {{ z }} * {{ z }} / 4
                    )
                ) / ({{ trials }} + {{ z }} * {{ z }}))
    end
{%- endmacro %}
