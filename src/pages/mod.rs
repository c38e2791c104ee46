//! One file per route: loads, arranges, owns its forms.

pub mod article;
pub mod inbox;
pub mod nowhere;
