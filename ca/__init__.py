"""Enterprises, enrolment, certificates, revocation, OCSP, time-stamps and the audit trail."""
