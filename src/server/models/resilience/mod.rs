//! Retry policy, backoff, circuit breaker and priority queue for requests to model servers.

pub mod backoff;
pub mod circuit_breaker;
pub mod priority_queue;
pub mod retry_policy;
