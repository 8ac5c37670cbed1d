"""What happens after the answer: the outbox is carried to the gateways, and what a dead worker had is sent again."""
