"""What an operator sees: the API's pages, and RQ's dashboard behind the operator's login."""
