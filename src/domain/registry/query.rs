//! The list of variants as an address of the page `/models`, and as the command that prints the same.

use super::{Backend, ModelFormat, ModelRole, VariantFilter, VariantSort};
use url::form_urlencoded::Serializer;

/// Everything that decides what `/models` shows.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RegistryQuery {
    /// Which variants are shown.
    pub filter: VariantFilter,
    /// The variant whose details are open.
    pub open_variant: Option<String>,
    /// Whether the results of verifying are shown.
    pub verify: bool,
}

impl RegistryQuery {
    /// Reads the parameters of an address; unknown values count as absent.
    pub fn from_params(param: impl Fn(&str) -> String) -> Self {
        let ticked = |name: &str| param(name) == "1";
        Self {
            filter: VariantFilter {
                role: ModelRole::parse(&param("role")),
                backend: Backend::parse(&param("backend")),
                format: ModelFormat::parse(&param("format")),
                show_deprecated: ticked("deprecated"),
                include_logical: ticked("logical"),
                sort: VariantSort::parse(&param("sort")).unwrap_or_default(),
            },
            open_variant: Some(param("open")).filter(|name| !name.is_empty()),
            verify: ticked("check"),
        }
    }

    /// The address that [`Self::from_params`] reads back to this query.
    pub fn to_href(&self) -> String {
        let f = &self.filter;
        let sort = (f.sort != VariantSort::default()).then(|| f.sort.as_str());
        let tick = |on: bool| on.then_some("1");
        let params = [
            ("role", f.role.map(ModelRole::as_str)),
            ("backend", f.backend.map(Backend::as_str)),
            ("format", f.format.map(ModelFormat::as_str)),
            ("deprecated", tick(f.show_deprecated)),
            ("logical", tick(f.include_logical)),
            ("sort", sort),
            ("check", tick(self.verify)),
            ("open", self.open_variant.as_deref()),
        ];
        let given = params.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let query = Serializer::new(String::new()).extend_pairs(given).finish();
        if query.is_empty() { "/models".to_owned() } else { format!("/models?{query}") }
    }

    /// The command that lists the same.
    pub fn to_command(&self) -> String {
        let f = &self.filter;
        let mut command = "gleaner models list".to_owned();
        let with_value = [
            ("--role", f.role.map(ModelRole::as_str)),
            ("--backend", f.backend.map(Backend::as_str)),
            ("--format", f.format.map(ModelFormat::as_str)),
            ("--sort", (f.sort != VariantSort::default()).then(|| f.sort.as_str())),
        ];
        for (flag, value) in with_value {
            if let Some(value) = value {
                command.push_str(&format!(" {flag} {value}"));
            }
        }
        for (flag, on) in [("--show-deprecated", f.show_deprecated), ("--include-logical", f.include_logical)] {
            if on {
                command.push_str(&format!(" {flag}"));
            }
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::RegistryQuery;
    use crate::domain::registry::{ModelFormat, ModelRole, VariantFilter, VariantSort};

    #[test]
    fn queries_round_trip_and_name_their_command() {
        let query = RegistryQuery {
            filter: VariantFilter {
                role: Some(ModelRole::Scoring),
                format: Some(ModelFormat::Gguf),
                show_deprecated: true,
                sort: VariantSort::Size,
                ..VariantFilter::default()
            },
            open_variant: Some("a&b".into()),
            verify: true,
        };
        let href = query.to_href();
        let url = url::Url::parse(&format!("http://h{href}")).expect("an address");
        let read = RegistryQuery::from_params(|name| {
            url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
        });
        assert_eq!(read, query);
        assert_eq!(
            query.to_command(),
            "gleaner models list --role scoring --format gguf --sort size --show-deprecated"
        );
        assert_eq!(RegistryQuery::default().to_href(), "/models");
        assert_eq!(RegistryQuery::from_params(|_| "nonsense".into()).filter, VariantFilter::default());
    }
}
