//! `models list` and `models show`.

use crate::server::cli::{
    models::options::{OutputFormat, format_size, word_parser},
    table,
    terminal::{Exit, print_stdout},
};
use crate::{
    domain::{
        humanize,
        registry::{Backend, ModelFormat, ModelRole, Variant, VariantFilter, VariantList, VariantSort, format},
    },
    error::AppError,
    server::{services::registry, state::App},
};

const LIST_HELP: &str = "\
Output with --json:
  {\"variants\": [VARIANT…], \"count\", \"total_size_bytes\", \"hidden_deprecated\", \"hidden_logical\"}
  A VARIANT is what `gleaner models show NAME --json` prints.

Examples:
  gleaner models list --role scoring --details
  gleaner models list --json --include-logical";

#[derive(Debug, clap::Args)]
#[command(after_help = LIST_HELP)]
pub(super) struct ModelsListArgs {
    /// Only those with this role
    #[arg(long, value_parser = word_parser(ModelRole::ALL, ModelRole::as_str, ModelRole::parse))]
    role: Option<ModelRole>,
    /// Only those of this backend
    #[arg(long, value_parser = word_parser(Backend::ALL, Backend::as_str, Backend::parse))]
    backend: Option<Backend>,
    /// Only those of this format
    #[arg(long, value_parser = word_parser(ModelFormat::ALL, ModelFormat::as_str, ModelFormat::parse))]
    format: Option<ModelFormat>,
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
    #[arg(long, default_value = "name", value_parser = word_parser(VariantSort::ALL, VariantSort::as_str, VariantSort::parse))]
    sort: VariantSort,
}

impl ModelsListArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let filter = VariantFilter {
            role: self.role,
            backend: self.backend,
            format: self.format,
            show_deprecated: self.show_deprecated,
            include_logical: self.include_logical,
            sort: self.sort,
        };
        let listing = registry::list(app, &filter).await?;
        output.print(&listing, |listing| {
            if listing.count > 0 {
                print_stdout(render_rows(listing, self.details));
            }
            print_stdout(render_footer(listing));
        })?;
        Ok(Exit::Done)
    }
}

fn render_rows(listing: &VariantList, details: bool) -> String {
    let mut headings = vec!["Model", "Fmt", "Quant", "Backend", "Inst", "Size"];
    if details {
        headings.extend(["Served ID", "Digest", "Roles", "Caps"]);
    }
    let rows = listing.variants.iter().map(|v| {
        let mut row = vec![
            if v.deprecated { format!("{} (deprecated)", v.name) } else { v.name.clone() },
            v.download_format.map_or("-", ModelFormat::as_str).to_owned(),
            v.display_quantization().unwrap_or("-").to_owned(),
            v.backend.as_str().to_owned(),
            if v.is_installed() { "yes" } else { "no" }.to_owned(),
            format_size(v.size_bytes),
        ];
        if details {
            row.extend([
                v.served_model_id.clone(),
                format::format_digest(v).to_owned(),
                format::format_roles(v),
                format::format_capabilities(v),
            ]);
        }
        row
    });
    table::render(&headings, rows, &[5])
}

fn render_footer(listing: &VariantList) -> String {
    let mut text = format!(
        "{}, {}",
        humanize::format_count(listing.count, "variant", "variants"),
        humanize::format_bytes(listing.total_size_bytes)
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
        text.push_str(". `gleaner models import` imports what Ollama has installed");
    }
    text
}

const SHOW_HELP: &str = "\
Output with --json: the variant as in `gleaner models export`. Times are RFC 3339 in UTC, sizes bytes; what is not known is null.

Example:
  gleaner models show qwen3:8b";

#[derive(Debug, clap::Args)]
#[command(after_help = SHOW_HELP)]
pub(super) struct ModelsShowArgs {
    /// A name of the registry, or what Ollama calls the model
    name: String,
}

impl ModelsShowArgs {
    pub(super) async fn run(self, app: &App, output: OutputFormat) -> Result<Exit, AppError> {
        let variant = registry::load_variant(app, &self.name).await?;
        output.print(&variant, |variant| print_stdout(render_variant(variant)))?;
        Ok(Exit::Done)
    }
}

fn render_variant(variant: &Variant) -> String {
    let rows = format::variant_details(variant).into_iter().map(|(label, value)| vec![label.to_owned(), value]);
    table::render(&["Field", "Value"], rows, &[])
}
