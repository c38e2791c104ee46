//! Tests of chat.

mod chat_api;
mod conversations;
