"""A run under the meter: read, kept in a journal, and made into its record."""
