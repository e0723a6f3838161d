"""The pages before sending: read about a campaign, write, check the letters, send them."""
