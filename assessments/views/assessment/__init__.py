"""Pages of an assessment that its members see."""
