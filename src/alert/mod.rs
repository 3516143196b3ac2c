//! Rules and alerts: what the user wants to be told of, whether it holds on a host, since when, and what of that
//! changed. Knows series and findings, not pages and not how messages travel.
