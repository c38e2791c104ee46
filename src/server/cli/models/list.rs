//! `models list` and `models show`.

use super::{Exit, Output, say, size, table, word};
use crate::{
    domain::{
        phrase,
        registry::{Backend, Format, Listing, Role, Variant, VariantFilter, VariantSort, words},
    },
    error::AppError,
    server::{services::registry, state::App},
};

const LIST_JSON: &str = "\
Output with --json:
  {\"variants\": [VARIANT…], \"count\", \"total_size_bytes\", \"hidden_deprecated\", \"hidden_logical\"}
  A VARIANT is what `gleaner models show NAME --json` prints.

Examples:
  gleaner models list --role scoring --details
  gleaner models list --json --include-logical";

#[derive(Debug, clap::Args)]
#[command(after_help = LIST_JSON)]
pub(super) struct List {
    /// Only those with this role
    #[arg(long, value_parser = word(Role::ALL, Role::as_str, Role::parse))]
    role: Option<Role>,
    /// Only those of this backend
    #[arg(long, value_parser = word(Backend::ALL, Backend::as_str, Backend::parse))]
    backend: Option<Backend>,
    /// Only those of this format
    #[arg(long, value_parser = word(Format::ALL, Format::as_str, Format::parse))]
    format: Option<Format>,
    /// Also those marked as not to be used
    #[arg(long)]
    show_deprecated: bool,
    /// Also those without a path, known by name only
    #[arg(long)]
    include_logical: bool,
    /// With served id, digest, roles and capabilities
    #[arg(long)]
    details: bool,
    /// The order; by size the largest come first
    #[arg(long, default_value = "name", value_parser = word(VariantSort::ALL, VariantSort::as_str, VariantSort::parse))]
    sort: VariantSort,
}

impl List {
    pub(super) async fn run(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let filter = VariantFilter {
            role: self.role,
            backend: self.backend,
            format: self.format,
            show_deprecated: self.show_deprecated,
            include_logical: self.include_logical,
            sort: self.sort,
        };
        let listing = registry::listing(app, &filter).await?;
        output.tell(&listing, |listing| {
            if listing.count > 0 {
                say(rows(listing, self.details));
            }
            say(footer(listing));
        })?;
        Ok(Exit::Done)
    }
}

fn rows(listing: &Listing, details: bool) -> String {
    let mut headings = vec!["Model", "Fmt", "Quant", "Backend", "Inst", "Size"];
    if details {
        headings.extend(["Served ID", "Digest", "Roles", "Caps"]);
    }
    let rows = listing.variants.iter().map(|v| {
        let mut row = vec![
            if v.deprecated { format!("{} (deprecated)", v.name) } else { v.name.clone() },
            v.download_format.map_or("-", Format::as_str).to_owned(),
            v.shown_quantization().unwrap_or("-").to_owned(),
            v.backend.as_str().to_owned(),
            if v.is_installed() { "yes" } else { "no" }.to_owned(),
            size(v.size_bytes),
        ];
        if details {
            row.extend([
                v.served_model_id.clone(),
                words::digest(v).to_owned(),
                words::roles(v),
                words::capabilities(v),
            ]);
        }
        row
    });
    table::render(&headings, rows, &[5])
}

fn footer(listing: &Listing) -> String {
    let mut text = format!(
        "{}, {}",
        phrase::counted(listing.count, "variant", "variants"),
        phrase::size(listing.total_size_bytes)
    );
    let hidden: Vec<String> = [
        (listing.hidden_deprecated, "deprecated", "--show-deprecated"),
        (listing.hidden_logical, "logical", "--include-logical"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, what, flag)| format!("{count} {what} ({flag} shows them)"))
    .collect();
    if !hidden.is_empty() {
        text.push_str(&format!(". Hidden: {}", hidden.join(", ")));
    } else if listing.count == 0 {
        text.push_str(". `gleaner models import` takes in what Ollama has");
    }
    text
}

const SHOW_JSON: &str = "\
Output with --json: the variant as in `gleaner models export`. Times are RFC 3339 in UTC, sizes bytes; what is not known is null.

Example:
  gleaner models show qwen3:8b";

#[derive(Debug, clap::Args)]
#[command(after_help = SHOW_JSON)]
pub(super) struct Show {
    /// A name of the registry, or what Ollama calls the model
    name: String,
}

impl Show {
    pub(super) async fn run(self, app: &App, output: Output) -> Result<Exit, AppError> {
        let variant = registry::variant(app, &self.name).await?;
        output.tell(&variant, |variant| say(sheet(variant)))?;
        Ok(Exit::Done)
    }
}

fn sheet(variant: &Variant) -> String {
    let rows = words::sheet(variant).into_iter().map(|(label, value)| vec![label.to_owned(), value]);
    table::render(&["Field", "Value"], rows, &[])
}
