//! The kernels of the catalogue, as Go source.

use super::{Failure, Options};

pub(super) fn compare(_options: &Options) -> Result<bool, Failure> {
    Ok(true)
}
