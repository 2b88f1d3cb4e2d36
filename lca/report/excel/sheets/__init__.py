"""One module per sheet, or per two that share a subject."""
