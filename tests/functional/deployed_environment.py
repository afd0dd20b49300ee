"""The functions' environment variables, as the template gives them, but for what only a test
knows.
"""

from testing.world import AGREEMENT_TYPE, PRODUCT

ENVIRONMENT = {
    "ADDITION_TEXT": "Bitdefender GravityZone active endpoints",
    "AGREEMENT_TYPE": AGREEMENT_TYPE,
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_SECRET_ACCESS_KEY": "test",
    "BILLING_CYCLES": "Monthly",
    "BILLING_TIME_ZONE": "UTC",
    "BILL_MINIMUM": "false",
    "BURST": "1",
    "CALLS_PER_SECOND": "5",
    "CLOSE_DAY": "2",
    "CONNECTWISE_COMPANY": "brightlantern",
    "CONNECTWISE_URL": "https://connectwise.test",
    "EVIDENCE": "true",
    "EVIDENCE_MONTHS": "36",
    "INVENTORY_CALLS_PER_SECOND": "10",
    "FIRST_MONTH": "",
    "FIRST_MONTH_SEATS": "500",
    "GRAVITYZONE_URL": "https://gravityzone.test/api",
    "GROWTH_PERCENT": "50",
    "GROWTH_SEATS": "20",
    "INVOICING": "arrears",
    "ACCOUNT_AND_REGION": "123456789012 eu-west-1",
    "JOBS_AT_ONCE": "1",
    "LATE_USAGE": "hold",
    "LOCAL_HTTP_HOST": "",
    "OPEN_UNTIL_DAY": "10",
    "PRODUCT": PRODUCT,
    "PULSE_MINUTES": "1",
    "REQUEST_TIMEOUT_SECONDS": "10",
    "SERVICES": "",
    "SETTLE_SECONDS": "300",
    "STACK_NAME": "tally",
    "STATEMENT_MONTHS": "120",
    "SWEEP_CALLS_PER_SECOND": "5",
    "TABLE_NAME": "ledger",
}
