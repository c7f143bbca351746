//! Floor 2: bytes move here. Sockets, deadlines and cancelling; what *converses* with a server is straight-line code in
//! [`session`], on a thread of its own.

pub mod session;
pub mod wait;
