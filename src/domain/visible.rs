//! Text of others, safe to show: what a server or a file name says must look like what it is.

use std::borrow::Cow;

/// The text with each invisible or disguising character as U+FFFD: control characters, those that turn the direction of
/// writing round (a name could pretend another ending), line separators, and zero-width ones that make two names look
/// alike. Joiners stay: Persian, Hindi and emoji need them.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_disguise) {
        Cow::Owned(text.chars().map(|c| if is_disguise(c) { char::REPLACEMENT_CHARACTER } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether a character is better not shown as it is.
fn is_disguise(c: char) -> bool {
    match c {
        ' '..='~' => false,
        // Soft hyphen; Arabic letter mark, left-to-right and right-to-left mark; zero-width space.
        '\u{AD}' | '\u{61C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' => true,
        // Line and paragraph separator, embeddings and overrides, invisible operators, isolates, deprecated shaping.
        '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' => true,
        // Byte order mark, interlinear annotation, tags.
        '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_hides_is_shown_as_a_mark() {
        for text in ["\x1b[31mred", "a\rb", "a\nb", "a\u{85}b", "\u{202E}gpj.exe", "a\u{2066}b", "pay\u{200B}pal", "\0"]
        {
            let shown = visible(text);
            assert!(shown.contains('\u{FFFD}'), "{text:?}");
            assert_eq!(shown.chars().count(), text.chars().count(), "{text:?}");
        }
    }

    #[test]
    fn writing_of_any_language_stays_as_it_is() {
        for text in ["größe", "Привет", "日本語.txt", "שלום", "سلام\u{200C}ها", "👨\u{200D}👩", "a b", "क्\u{200D}ष"]
        {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_shown_twice_changes(text in any::<String>()) {
            let once = visible(&text).into_owned();
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert_eq!(visible(&once), once.as_str());
        }
    }
}
