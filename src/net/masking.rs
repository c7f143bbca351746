//! Secrets that a server may repeat ("Your password is ..."), masked in what is logged and quoted.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use crate::domain::Secret;

/// What is masked.
#[derive(Default)]
pub(super) struct Secrets(Vec<Zeroizing<String>>);

impl Secrets {
    /// Adds one, in its usual forms: as it is, percent-encoded, in Base64.
    pub(super) fn add(&mut self, secret: &Secret) {
        let plain = secret.reveal();
        if plain.is_empty() {
            return;
        }
        let forms =
            [plain.to_owned(), utf8_percent_encode(plain, NON_ALPHANUMERIC).to_string(), STANDARD.encode(plain)];
        for form in forms {
            if !self.0.iter().any(|known| **known == form) {
                self.0.push(Zeroizing::new(form));
            }
        }
        // A long form may hold a short one.
        self.0.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// The text with dots in place of each of them. Short ones only where they stand as a word: in the middle of other words
    /// they tell nothing, and without them no text would be left.
    pub(super) fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for secret in self.0.iter().filter(|secret| text.contains(secret.as_str())) {
            masked = if secret.chars().count() < SHORT {
                mask_words(&masked, secret)
            } else {
                masked.replace(secret.as_str(), MASK)
            };
        }
        masked
    }
}

fn mask_words(text: &str, word: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let inside = before.chars().next_back().is_some_and(char::is_alphanumeric)
            || after.chars().next().is_some_and(char::is_alphanumeric);
        masked.push_str(before);
        masked.push_str(if inside { word } else { MASK });
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// In place of a secret.
const MASK: &str = "•••";

/// Characters from which on a secret is masked inside of words, too.
const SHORT: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(secret: &str, text: &str) -> String {
        let mut secrets = Secrets::default();
        secrets.add(&Secret::from(secret));
        secrets.mask(text)
    }

    #[test]
    fn a_repeated_password_is_masked_in_all_its_forms() {
        assert_eq!(mask("hunter2", "Your password is hunter2!"), "Your password is •••!");
        assert_eq!(mask("hunter2", "xhunter2xhunter2"), "x•••x•••");
        assert_eq!(mask("p@ss word", "530 ftp://u:p%40ss%20word@h"), "530 ftp://u:•••@h");
        assert_eq!(mask("hunter2", "AUTH aHVudGVyMg=="), "AUTH •••");
        assert_eq!(mask("", "nothing"), "nothing");
    }

    #[test]
    fn a_short_password_is_masked_as_a_word_only() {
        assert_eq!(mask("a", "a password a, and"), "••• password •••, and");
        assert_eq!(mask("abc", "abcdef abc"), "abcdef •••");
    }
}
