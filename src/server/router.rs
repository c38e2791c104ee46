//! Every route of the process in one place.
