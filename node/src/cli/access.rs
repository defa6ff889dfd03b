//! The way to the store: over the running service, or straight to the disk.

use tongban_config::settings::NodeSettings;

use super::CliError;
use super::api::Api;
use super::settings::store_settings;
use crate::membership::Membership;
use crate::replica::Replica;
use crate::service::{StartError, open_replica};
use crate::store::{SledStore, StoreError};

/// How a command reaches the store.
pub(super) enum Access {
    /// The service runs and is asked.
    Service(Api),
    /// Nobody has the store open but this command.
    Store(Box<Membership>, Box<Replica<SledStore>>),
}

impl Access {
    /// Opens the store, or finds the service that has it open.
    pub(super) fn open(settings: &NodeSettings) -> Result<Self, CliError> {
        match open_replica(&settings.data_dir, store_settings(&settings.store)) {
            Ok((membership, replica)) => Ok(Self::Store(Box::new(membership), Box::new(replica))),
            Err(StartError::Store(StoreError::InUse { .. })) => {
                Ok(Self::Service(Api::new(settings.http.listen, &settings.data_dir)))
            }
            Err(error) => Err(error.into()),
        }
    }
}
