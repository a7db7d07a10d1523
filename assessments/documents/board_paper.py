def board_paper_pdf(report, *, identifier, created):
    raise NotImplementedError
