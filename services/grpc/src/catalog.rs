//! `tasuki.catalog.v1.CatalogService`.

mod handler;
mod mapping;

pub(crate) use handler::Catalog;
