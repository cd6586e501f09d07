"""What guards may ask about code."""
