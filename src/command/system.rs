//! The site that a configuration describes.

use std::path::Path;

use stranded_search::files;
use stranded_testbed::system::{Config, System};

use super::CommandError;

/// Reads a configuration, and prepares connections to its site.
pub(super) fn read(path: &Path) -> Result<System, CommandError> {
    let text = files::read(path).map_err(|error| CommandError::Usage(error.to_string()))?;
    let config = Config::read(&path.display().to_string(), &text)?;
    System::new(config).map_err(|error| CommandError::Usage(error.to_string()))
}
