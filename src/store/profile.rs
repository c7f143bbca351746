//! Where things live: one folder with `--profile`, else the platform's folders for settings and for data.

use std::fs;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The folders of one user of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    config: PathBuf,
    data: PathBuf,
}

impl Profile {
    /// That folder, or without one the platform's. The folders are made where they are missing.
    ///
    /// # Errors
    /// A plain sentence: which folder could not be made, and why.
    pub fn open(dir: Option<&Path>) -> Result<Self, String> {
        let profile = match dir {
            Some(dir) => {
                // A file dialog or a drag may change the working directory later.
                let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
                Self { config: dir.clone(), data: dir }
            }
            None => {
                let dirs = ProjectDirs::from("", "", "Twinport").ok_or(
                    "This system names no home directory, so there is no place for settings. Use --profile DIR.",
                )?;
                Self { config: dirs.config_dir().to_owned(), data: dirs.data_dir().to_owned() }
            }
        };
        for dir in [&profile.config, &profile.data] {
            make_private(dir).map_err(|error| {
                format!("The folder {} could not be made: {error}. Use --profile with another folder.", dir.display())
            })?;
        }
        Ok(profile)
    }

    /// What the user chose.
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.ron")
    }

    /// The Site Manager's sites, without secrets.
    pub fn sites(&self) -> PathBuf {
        self.config.join("sites.ron")
    }

    /// Certificates that the user trusts.
    pub fn trust(&self) -> PathBuf {
        self.config.join("trust.ron")
    }

    /// The queue's journal.
    pub fn queue(&self) -> PathBuf {
        self.data.join("queue.db")
    }

    /// The message log, on disk.
    pub fn log(&self) -> PathBuf {
        self.data.join("twinport.log")
    }
}

/// Makes the folder, for this user alone where the system can say so.
fn make_private(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_folder_holds_everything() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let home = dir.path().join("new/profile");
        let profile = Profile::open(Some(&home)).expect("opened");
        for file in [profile.settings(), profile.sites(), profile.trust(), profile.queue(), profile.log()] {
            assert_eq!(file.parent(), Some(&*home));
        }
        assert!(home.is_dir());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let file = dir.path().join("file");
        fs::write(&file, "").expect("written");
        let told = Profile::open(Some(&file.join("below"))).expect_err("a file is in the way");
        assert!(told.contains("--profile"), "{told}");
    }
}
