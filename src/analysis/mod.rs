//! What the numbers mean: the memory breakdown, what is wrong now, traffic and uptime. Knows series, not HTML.
