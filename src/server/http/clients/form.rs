//! The parameters of a request: those of the form in its body, and those of its address.

use axum::http::{HeaderMap, header};

/// Parameters by name. Those of the body come before those of the address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientForm {
    body: Vec<(String, String)>,
    address: Vec<(String, String)>,
}

impl ClientForm {
    /// From the query of an address, and a body in the form of `application/x-www-form-urlencoded`.
    pub fn parse(query: Option<&str>, body: &[u8]) -> Self {
        let pairs = |bytes: &[u8]| url::form_urlencoded::parse(bytes).into_owned().collect();
        Self { body: pairs(body), address: pairs(query.unwrap_or_default().as_bytes()) }
    }

    /// The first value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The first value of a name in the body only.
    pub fn get_in_body(&self, name: &str) -> Option<&str> {
        self.body.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name: those in the body; without any, those in the address.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let is_in_body = self.body.iter().any(|(key, _)| key == name);
        let pairs = if is_in_body { &self.body } else { &self.address };
        let name = name.to_owned();
        pairs.iter().filter(move |(key, _)| *key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a name occurs.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// Whether a body is a form by its content type, or has no content type.
pub fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.is_empty() || kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::ClientForm;

    #[test]
    fn the_body_comes_before_the_address() {
        let form = ClientForm::parse(Some("i=1&n=5&s=a+b&s=c%2Bd"), b"i=2&i=3&T=x%0A");
        assert_eq!(form.all("i").collect::<Vec<_>>(), ["2", "3"]);
        assert_eq!(form.all("s").collect::<Vec<_>>(), ["a b", "c+d"]);
        assert_eq!((form.get("n"), form.get("T"), form.get_in_body("n")), (Some("5"), Some("x\n"), None));
        assert!(!form.has("q"));
    }
}
