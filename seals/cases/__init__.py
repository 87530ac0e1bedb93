"""Permission to use a seal: cases, rules, signed approvals, standing authorisations, warrants."""
