"""Tools that know nothing of the domain: errors, the origin of a request, limits, stored files, spreadsheets."""
