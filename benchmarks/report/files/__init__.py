"""The files beside the page: tables and figures."""
