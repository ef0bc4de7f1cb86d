"""The daemon: an engine at work, the web server, and what a supervisor and a person say meanwhile."""
