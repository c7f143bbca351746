//! The path in PWD's answer (RFC 959 appendix II): quoted, with quotes in it doubled, and what servers make of that.

use crate::domain::RemotePath;

/// The path in the text of a 257: in quotes, wherever they stand; without any, the first word that looks like a path. An
/// empty one is the root. `None` where there is no path, a quote is not closed, or it holds a control character.
pub fn parse_257(text: &[u8]) -> Option<RemotePath> {
    let text = text.trim_ascii();
    let path = match text.iter().position(|b| *b == b'"') {
        Some(open) => quoted(&text[open + 1..], b'"')?,
        // Some ancient servers use single quotes; elsewhere one may be an apostrophe.
        None => match single_quote(text) {
            Some(open) => quoted(&text[open + 1..], b'\'')?,
            None => text.split(u8::is_ascii_whitespace).find(|word| is_path(word))?.to_vec(),
        },
    };
    if path.iter().any(u8::is_ascii_control) {
        return None;
    }
    if path.is_empty() {
        return Some(RemotePath::root());
    }
    Some(RemotePath::new(path))
}

fn single_quote(text: &[u8]) -> Option<usize> {
    (0..text.len()).find(|at| text[*at] == b'\'' && (*at == 0 || text[*at - 1].is_ascii_whitespace()))
}

/// `/pub`, `\pub`, `~/x`, `C:\x`, VMS's `DISK:[A.B]`: no word of a sentence ("257 directory created") begins like that.
fn is_path(word: &[u8]) -> bool {
    match word {
        [b'/' | b'\\' | b'~', ..] => true,
        [drive, b':', b'/' | b'\\', ..] => drive.is_ascii_alphabetic(),
        [b'[', .., b']'] => true,
        _ => word.ends_with(b"]") && word.windows(2).any(|pair| pair == b":["),
    }
}

/// Up to the closing quote; doubled ones are one.
fn quoted(text: &[u8], quote: u8) -> Option<Vec<u8>> {
    let mut path = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte != quote {
            path.push(byte);
        } else if bytes.next_if_eq(&quote).is_some() {
            path.push(quote);
        } else {
            return Some(path);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> Option<String> {
        parse_257(text.as_bytes()).map(|path| path.to_string())
    }

    #[test]
    fn the_path_is_found_however_it_is_wrapped() {
        assert_eq!(path("\"/pub\" is the current directory").as_deref(), Some("/pub"));
        assert_eq!(path("rubbish before \"/pub\"").as_deref(), Some("/pub"));
        assert_eq!(path("\"/a \"\"b\"\" c\" comment \"here\"").as_deref(), Some("/a \"b\" c"));
        assert_eq!(path("/pub is current").as_deref(), Some("/pub"));
        assert_eq!(path("'/pub' is current").as_deref(), Some("/pub"));
        assert_eq!(path("\" /spaces \"").as_deref(), Some(" /spaces "));
        assert_eq!(path("\"\"").as_deref(), Some("/"));
        assert_eq!(path("\"/pub/\"").as_deref(), Some("/pub"));
        assert_eq!(path("\"\" directory created").as_deref(), Some("/"));
        assert_eq!(path("\"/foo/x\"\"y\"\"z\" directory created").as_deref(), Some("/foo/x\"y\"z"));
        assert_eq!(path("This user's home: \"/pub\"").as_deref(), Some("/pub"));
        assert_eq!(path("Current directory is '/pub'").as_deref(), Some("/pub"));
        assert_eq!(path("Current directory is /pub").as_deref(), Some("/pub"));
    }

    #[test]
    fn paths_of_other_systems_are_left_as_they_are() {
        for wanted in ["DISK$USER:[ANON.PUB]", "[ANON]", "'USER.A.'", "C:\\Inetpub", "\\pub", "~"] {
            assert_eq!(path(&format!("\"{wanted}\" is the working directory")).as_deref(), Some(wanted));
            if !wanted.starts_with('\'') {
                assert_eq!(path(&format!("{wanted} is the working directory")).as_deref(), Some(wanted));
            }
        }
    }

    #[test]
    fn what_cannot_be_a_path_is_none() {
        assert_eq!(path(""), None);
        assert_eq!(path("\"/unclosed"), None);
        assert_eq!(path("\""), None);
        assert_eq!(path("directory created"), None);
        assert_eq!(path("root's directory"), None);
        assert_eq!(path("\"/a\u{7f}b\""), None);
        assert_eq!(path("\"/a\rb\""), None);
        assert_eq!(path("\"/a\u{1}b\""), None);
    }

    #[test]
    fn bytes_that_are_no_utf8_survive() {
        assert_eq!(parse_257(b"\"/caf\xe9\"").expect("a path").as_bytes(), b"/caf\xe9");
    }

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            parse_257(&bytes);
        }

        #[test]
        fn quoting_is_undone(name in "[ -~]{1,30}") {
            let wanted = RemotePath::root().join(name.as_bytes());
            let text = format!("\"/{}\" is cwd", name.replace('"', "\"\""));
            let parsed = parse_257(text.as_bytes()).expect("a path");
            prop_assert_eq!(parsed, RemotePath::new(wanted.as_bytes()));
        }
    }
}
