//! Formats by the registry PRONOM: reads the signature files of DROID, and tells what a file is by their signatures, by what
//! lies in a container, or by its name alone.

mod container;
mod expression;
#[cfg(test)]
mod hostile;
mod identify;
mod pattern;
mod registry;
mod release;
mod signature;
#[cfg(test)]
mod skeleton;
mod words;

pub use identify::{Identification, Match, Method, Warning};
pub use registry::{Registry, Version};
pub use release::{Release, Unusable};

pub(crate) use container::Whole;
pub(crate) use identify::{Document, extension};
pub(crate) use registry::is_puid;

use std::sync::OnceLock;

/// The registry of this process.
static IN_FORCE: OnceLock<Registry> = OnceLock::new();

/// The registry in force in this process: that of the release that is built in, unless another one was named before.
pub(crate) fn in_force() -> &'static Registry {
    IN_FORCE.get_or_init(|| match Registry::read(&Release::embedded()) {
        Ok(registry) => registry,
        Err(why) => unreachable!("what is built in is read by a test: {}", why.problem.en),
    })
}

/// Puts a registry in force; answers whether none was before.
pub(crate) fn put_in_force(registry: Registry) -> bool {
    IN_FORCE.set(registry).is_ok()
}
