"""The reviewer's pages of a case: its evidence, the way through its answers, own set, marks taken over, parts of the file."""
