//! Tests of moving in from other readers, and from one Gleaner to another.

mod archive;
mod freshrss;
mod miniflux;
mod reader_server;
