//! Which passwords an owner may choose.

/// The fewest characters of a password.
const MIN_CHARS: usize = 12;
/// A shorter password must have this many words.
const MIN_WORDS: usize = 3;
/// The fewest characters of such a word.
const MIN_WORD_CHARS: usize = 3;
/// The longest password, in bytes.
const MAX_BYTES: usize = 1024;

/// What is wrong with a new password, as a sentence.
pub fn password_fault(password: &str) -> Option<&'static str> {
    if password.len() > MAX_BYTES {
        return Some("The password is longer than 1024 bytes.");
    }
    let words = password.split([' ', '-', '.', '_', ',']).filter(|word| word.chars().count() >= MIN_WORD_CHARS).count();
    if password.chars().count() >= MIN_CHARS || words >= MIN_WORDS {
        return None;
    }
    Some("The password is too short: it needs 12 characters, or three words.")
}

#[cfg(test)]
mod tests {
    use super::password_fault;

    #[test]
    fn a_password_is_long_or_of_three_words() {
        for (password, is_fine) in [
            ("", false),
            ("elevenchars", false),
            ("twelve chars", true),
            ("äöüäöüäöüäöü", true),
            ("oak sun ray", true),
            ("oak-sun-ray", true),
            ("a b c", false),
            ("oak sun", false),
            (&"x".repeat(1025), false),
        ] {
            assert_eq!(password_fault(password).is_none(), is_fine, "{password}");
        }
    }
}
