//! Writing and reading the file of an archive: a ZIP of `manifest.json`, `subscriptions.opml`, `settings.json`, and for each section a file
//! of JSON Lines.

use crate::{
    domain::archive::ArchiveSection,
    error::{AppError, ErrorKind},
};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};
use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};

/// The version of the format.
pub(super) const ARCHIVE_FORMAT: u32 = 1;
const MANIFEST_NAME: &str = "manifest.json";
const SETTINGS_NAME: &str = "settings.json";
const OPML_NAME: &str = "subscriptions.opml";
/// Bytes of a line: an article with its texts.
const MAX_LINE_BYTES: u64 = 64 << 20;
/// Bytes of a file that is read whole.
const MAX_SMALL_FILE_BYTES: u64 = 1 << 20;

/// What an archive is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ArchiveManifest {
    /// [`ARCHIVE_FORMAT`] of the program that wrote it.
    pub(super) format: u32,
    /// The version of that program.
    pub(super) gleaner: String,
    /// When it was written (RFC 3339); tells archives apart.
    pub(super) exported_at: String,
}

/// An archive that is being written. Until [`ArchiveWriter::finish`] it has another name.
pub(super) struct ArchiveWriter {
    zip: ZipWriter<BufWriter<File>>,
    partial: PathBuf,
    file: PathBuf,
}

impl ArchiveWriter {
    /// Begins an archive. Errors: 409 when the file is there already, 503 when it cannot be written.
    pub(super) fn create(file: &Path, manifest: &ArchiveManifest) -> Result<Self, AppError> {
        use std::os::unix::fs::OpenOptionsExt;
        if file.exists() {
            return Err(AppError::conflict(format!("{} exists already.", file.display())).hint("Name a new file."));
        }
        let mut name = file.as_os_str().to_owned();
        name.push(".partial");
        let partial = PathBuf::from(name);
        let opened = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial);
        let zip = ZipWriter::new(BufWriter::new(opened.map_err(|cause| write_error(&partial, &cause))?));
        let mut archive = Self { zip, partial, file: file.to_owned() };
        let manifest = serde_json::to_string_pretty(manifest).map_err(|_| AppError::internal())?;
        archive.write_file(MANIFEST_NAME, &manifest)?;
        Ok(archive)
    }

    fn begin_file(&mut self, name: &str) -> Result<(), AppError> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
        self.zip.start_file(name, options).map_err(|cause| write_error(&self.partial, &cause))
    }

    fn write_file(&mut self, name: &str, text: &str) -> Result<(), AppError> {
        self.begin_file(name)?;
        self.zip.write_all(text.as_bytes()).map_err(|cause| write_error(&self.partial, &cause))
    }

    /// Adds the subscriptions, for other readers.
    pub(super) fn write_opml(&mut self, opml: &str) -> Result<(), AppError> {
        self.write_file(OPML_NAME, opml)
    }

    /// Adds the reader's choices.
    pub(super) fn write_settings(&mut self, json: &str) -> Result<(), AppError> {
        self.write_file(SETTINGS_NAME, json)
    }

    /// Begins the file of a section.
    pub(super) fn begin_section(&mut self, section: ArchiveSection) -> Result<(), AppError> {
        self.begin_file(&section_name(section))
    }

    /// Adds an object to the section that was begun last.
    pub(super) fn write_line(&mut self, json: &str) -> Result<(), AppError> {
        writeln!(self.zip, "{json}").map_err(|cause| write_error(&self.partial, &cause))
    }

    /// Completes the file and gives it its name.
    pub(super) fn finish(self) -> Result<(), AppError> {
        let Self { zip, partial, file } = self;
        let writer = zip.finish().map_err(|cause| write_error(&partial, &cause))?;
        let written = writer.into_inner().map_err(|cause| write_error(&partial, &cause.into_error()))?;
        written.sync_all().map_err(|cause| write_error(&partial, &cause))?;
        std::fs::rename(&partial, &file).map_err(|cause| write_error(&file, &cause))
    }
}

/// An archive that is read.
pub(super) struct ArchiveReader {
    zip: ZipArchive<BufReader<File>>,
    /// What the archive is.
    pub(super) manifest: ArchiveManifest,
}

impl ArchiveReader {
    /// Opens an archive. 422 when the file is none, or of a later format.
    pub(super) fn open(file: &Path) -> Result<Self, AppError> {
        let unusable = |cause: String| {
            AppError::invalid(format!("{} is no archive of Gleaner: {cause}.", file.display()))
                .hint("Make one with `gleaner export FILE.zip`.")
        };
        let opened = File::open(file).map_err(|cause| unusable(cause.to_string()))?;
        let mut zip = ZipArchive::new(BufReader::new(opened)).map_err(|cause| unusable(cause.to_string()))?;
        let manifest = read_small(&mut zip, MANIFEST_NAME)?;
        let manifest: ArchiveManifest = serde_json::from_str(&manifest).map_err(|cause| unusable(cause.to_string()))?;
        if manifest.format > ARCHIVE_FORMAT {
            let message = format!("{} was written by Gleaner {}, which is newer.", file.display(), manifest.gleaner);
            return Err(AppError::invalid(message).hint("Install that version, or export again with this one."));
        }
        Ok(Self { zip, manifest })
    }

    /// The reader's choices.
    pub(super) fn read_settings(&mut self) -> Result<String, AppError> {
        read_small(&mut self.zip, SETTINGS_NAME)
    }

    /// Calls `take` with each slice of at most `rows` objects of a section, until it says `false`.
    pub(super) fn read_section(
        &mut self,
        section: ArchiveSection,
        rows: usize,
        mut take: impl FnMut(Vec<serde_json::Value>) -> Result<bool, AppError>,
    ) -> Result<(), AppError> {
        let name = section_name(section);
        let file = self.zip.by_name(&name).map_err(|cause| read_error(&name, &cause))?;
        let mut lines = BufReader::new(file);
        loop {
            let mut slice = Vec::with_capacity(rows);
            while slice.len() < rows {
                let mut line = String::new();
                let length = lines.by_ref().take(MAX_LINE_BYTES).read_line(&mut line);
                if length.map_err(|cause| read_error(&name, &cause))? == 0 {
                    break;
                }
                slice.push(serde_json::from_str(&line).map_err(|cause| read_error(&name, &cause))?);
            }
            if slice.is_empty() || !take(slice)? {
                return Ok(());
            }
        }
    }
}

fn section_name(section: ArchiveSection) -> String {
    format!("{}.jsonl", section.as_str())
}

fn read_small(zip: &mut ZipArchive<BufReader<File>>, name: &str) -> Result<String, AppError> {
    let file = zip.by_name(name).map_err(|cause| read_error(name, &cause))?;
    let mut text = String::new();
    file.take(MAX_SMALL_FILE_BYTES).read_to_string(&mut text).map_err(|cause| read_error(name, &cause))?;
    Ok(text)
}

fn read_error(name: &str, cause: &dyn std::fmt::Display) -> AppError {
    AppError::invalid(format!("{name} of the archive cannot be read: {cause}."))
        .hint("The file may be damaged; export again.")
}

fn write_error(file: &Path, cause: &dyn std::fmt::Display) -> AppError {
    AppError::new(ErrorKind::Unavailable, format!("{} cannot be written: {cause}.", file.display()))
        .hint("Check permissions and free space.")
}
