"""Forms, one file for each subject. They clean input; the domain decides."""
