"""Documents: from a snapshot to a report model to HTML to PDF bytes.

`report` draws the one report model from a snapshot; `plan`, `letters` and `certificate` turn values into HTML and bytes;
`drawing` makes the SVG; `engine` is the only place that imports WeasyPrint; `jobs` renders a `Document` row.
"""
