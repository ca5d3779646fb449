//! What the test bed promises, on real servers.

mod bed;
