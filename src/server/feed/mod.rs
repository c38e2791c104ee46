//! Reading feeds: fetch → discover → parse → sanitise. Only [`fetch`] touches the network.

pub mod fetch;
