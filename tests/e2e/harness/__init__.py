"""What the end-to-end tests stand on: the real programs, started and stopped.

Only the standard library and Debian's python3-grpcio and python3-protobuf.
"""
