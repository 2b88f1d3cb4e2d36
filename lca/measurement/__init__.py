"""The record of one measured run, and what it amounts to."""
