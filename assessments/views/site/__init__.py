"""Pages and parts of pages that belong to no subject: public pages, accounts, errors, documents."""
