def results_pdf(report, *, identifier, created):
    raise NotImplementedError
