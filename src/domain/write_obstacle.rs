//! Reasons why the database cannot be written, with their messages.

string_enum! {
    /// What keeps the database from being written; the words of `GET /readyz`.
    WriteObstacle {
        /// No space is left on the disk.
        DiskFull = "disk_full",
        /// The system refused to read or write a file of the database.
        DiskError = "disk_error",
        /// The file or its folder may not be written.
        ReadOnly = "read_only",
        /// The files of the database cannot be opened.
        CannotOpen = "cannot_open",
    }
}

impl WriteObstacle {
    /// What happened, in a sentence.
    pub const fn message(self) -> &'static str {
        match self {
            Self::DiskFull => "The disk with Gleaner's data is full.",
            Self::DiskError => "The database cannot be written: the disk is full, over its quota, or damaged.",
            Self::ReadOnly => "The database may only be read.",
            Self::CannotOpen => "The files of the database cannot be opened.",
        }
    }

    /// What to do about it, in a sentence.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::DiskFull => {
                "Free some space; Gleaner then continues automatically. Reading works meanwhile, fetching and scoring wait."
            }
            Self::DiskError => {
                "Free some space or raise the quota; Gleaner then continues automatically. If there is enough, `gleaner db check` looks for damage."
            }
            Self::ReadOnly => {
                "Make the data folder and its files writable for the user that runs Gleaner; it then continues automatically."
            }
            Self::CannotOpen => {
                "Check who may use the data folder and how many files the process may open; Gleaner then continues automatically."
            }
        }
    }
}

/// With less free space than this, in bytes, fetching and scoring wait: the rest is left for
/// what the reader does.
pub const MIN_FREE_BYTES_FOR_BACKGROUND_WORK: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::WriteObstacle;

    #[test]
    fn every_obstacle_has_a_sentence_and_a_way_out() {
        for obstacle in WriteObstacle::ALL {
            assert!(obstacle.message().ends_with('.') && obstacle.hint().ends_with('.'), "{obstacle:?}");
            assert_eq!(WriteObstacle::parse(obstacle.as_str()), Some(*obstacle));
        }
    }
}
