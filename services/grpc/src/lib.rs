//! gRPC handlers, message and status mapping, authentication.
