"""The harness of `make bench-relay`: a network, the servers, the load, and what is made of the numbers."""
