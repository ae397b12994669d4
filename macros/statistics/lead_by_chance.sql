{% macro lead_by_chance(successes, trials, other_successes, other_trials) -%}
    {#- Fisher's exact test, one-sided. If both rates are the same, then the leader's part of all successes is
        hypergeometric. Each number of successes gets the logarithm of its weight, relative to the first one, as a sum of
        logarithms of the ratio of neighbours. PostgreSQL before 18 has no lgamma, and factorials overflow.

        Numbers further than 20 * sqrt(all_successes) above the expected one have less than exp(-800) together, and so have
        those below it (Hoeffding). That is 0 in double precision, so they are left out, and a million successes take
        40000 rows, whatever the lead. A weight below exp(-700) is 0 here too, because exp() fails where its result would
        be 0. Sums have an order, because another order would round otherwise, and the next build would write the row
        again. -#}
    case
        when
            {{ successes }} between 0 and {{ trials }} and {{ trials }} > 0
            and {{ other_successes }} between 0 and {{ other_trials }} and {{ other_trials }} > 0
            then (
                with counters as (
                    select
                        {{ successes }}::double precision as observed,
                        {{ trials }}::double precision as trials_here,
                        {{ other_trials }}::double precision as trials_there,
                        {{ successes }}::double precision + {{ other_successes }} as all_successes
                ),

                limits as (
                    select
                        observed,
                        trials_here,
                        trials_there,
                        all_successes,
                        all_successes * trials_here / (trials_here + trials_there) as expected,
                        20 * sqrt(all_successes) + 20 as reach
                    from counters
                ),

                ratios as (
                    select
                        limits.observed,
                        possible.k,
                        case
                            when row_number() over (order by possible.k) = 1 then 1
                            else
                                (limits.all_successes - possible.k + 1) * (limits.trials_here - possible.k + 1)
                                / (possible.k * (limits.trials_there - limits.all_successes + possible.k))
                        end as ratio
                    from limits
                    cross join lateral generate_series(
                        greatest(0, limits.all_successes - limits.trials_there, floor(limits.expected - limits.reach))::bigint,
                        least(limits.all_successes, limits.trials_here, ceil(limits.expected + limits.reach))::bigint
                    ) as possible (k)
                ),

                logarithms as (
                    select
                        observed,
                        k,
                        sum(ln(ratio)) over (order by k rows unbounded preceding) as log_weight
                    from ratios
                ),

                relative as (
                    select
                        observed,
                        k,
                        log_weight - max(log_weight) over () as log_weight
                    from logarithms
                ),

                weights as (
                    select
                        observed,
                        k,
                        case when log_weight > -700 then exp(log_weight) else 0 end as weight
                    from relative
                )

                select coalesce(sum(weight order by k) filter (where k >= observed), 0) / sum(weight order by k)
                from weights
            )
    end
{%- endmacro %}
