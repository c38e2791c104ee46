//! Tests of chat.

mod chat_api;
mod conversations;
mod names_and_thinking;
