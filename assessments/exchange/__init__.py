"""What comes in from other programs' files and goes out to them: inventories of AI systems, model cards."""
