//! The HTML shell and the whole route table.
