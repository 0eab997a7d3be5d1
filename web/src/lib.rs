//! The server and its pages: a thin face over the engine. It joins questions and words; it decides nothing, keeps nothing
//! and prints nothing. `routes` holds the table of what there is and who may come.

#![warn(missing_docs)]

mod api;
mod assets;
mod give;
mod guard;
pub mod json;
mod limits;
mod looking;
mod openapi;
mod pages;
mod problem;
mod reply;
mod room;
mod routes;
mod server;
mod shares;
mod take;
mod taking;
mod tls;
mod visit;
mod words;

pub use give::{component, page};
pub use openapi::description;
pub use room::{Log, Logged, Quiet, Workers};
pub use routes::{Asks, Policy, Who, policies};
pub use server::{DEFAULT, Options, Server, invitation, link};
pub use take::{About, Item, Trouble, take};
pub use tls::Tls;
