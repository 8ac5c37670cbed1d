"""USSD: the gateway's wire format on one side, a turn on the other."""
