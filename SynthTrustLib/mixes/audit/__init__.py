"""audit: a synthetic set measured against real patients, on the FDA scorecard's seven Cs and four more figures."""
