//! Retry policy, circuit breaker and priority queue for calls to model servers.

pub mod circuit_breaker;
pub mod priority_queue;
pub mod retry_policy;
