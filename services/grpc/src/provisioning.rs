//! `tasuki.provisioning.v1.ProvisioningService` and the callback service for providers.

mod orders;
mod words;
