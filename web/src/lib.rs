//! The server and its pages. Nothing is built yet: this crate keeps their place in the workspace.
