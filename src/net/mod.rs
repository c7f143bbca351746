//! Floor 2: bytes move here. Sockets, deadlines and cancelling; what *converses* with a server is straight-line code in
//! [`session`], on a thread of its own.

mod control;
mod data;
mod dial;
pub mod flow;
pub mod happening;
pub mod known;
pub mod lessons;
mod masking;
mod proxy;
pub mod reach;
mod route;
pub mod session;
pub mod shortcut;
mod stream;
mod system_error;
pub mod terms;
mod tls;
pub mod wait;
mod wire;
