//! Names of months, as servers abbreviate them in their own languages and charsets.

use encoding_rs::{
    Encoding, IBM866, ISO_8859_2, ISO_8859_5, ISO_8859_7, KOI8_R, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252,
    WINDOWS_1254, WINDOWS_1257,
};

/// 1 to 12 for a month's name or its abbreviation in one of many languages.
pub(super) fn month(word: &[u8]) -> Option<i8> {
    if let [a, b, c] = word {
        let english = [a.to_ascii_lowercase(), b.to_ascii_lowercase(), c.to_ascii_lowercase()];
        if let Some(at) = ENGLISH.iter().position(|name| **name == english) {
            return i8::try_from(at + 1).ok();
        }
    }
    if word.len() < 2 || word.len() > 30 || word.iter().any(u8::is_ascii_digit) {
        return None;
    }
    if word.is_ascii() {
        return named_in_ascii(word);
    }
    match std::str::from_utf8(word) {
        Ok(text) => named(text),
        // A localised `ls` in an old charset; which one, its month tells.
        Err(_) => CHARSETS.iter().find_map(|charset| named(&charset.decode_without_bom_handling(word).0)),
    }
}

/// Most words are ASCII and no months: this must be quick.
fn named_in_ascii(word: &[u8]) -> Option<i8> {
    let mut word = word;
    while let [rest @ .., b'.' | b','] = word {
        word = rest;
    }
    if !word.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    longest(|stem| {
        let stem = stem.as_bytes();
        let is_whole = word.len() == stem.len();
        (is_whole || (stem.len() >= 3 && word.len() > stem.len())) && word[..stem.len()].eq_ignore_ascii_case(stem)
    })
}

fn named(text: &str) -> Option<i8> {
    let text = text.trim_end_matches(['.', ',']).to_lowercase();
    if !text.chars().all(char::is_alphabetic) {
        return None;
    }
    longest(|stem| text == stem || (stem.chars().count() >= 3 && text.starts_with(stem)))
}

/// The month with the longest stem that fits: `juin` is not `jui`.
fn longest(fits: impl Fn(&str) -> bool) -> Option<i8> {
    let stems = MONTHS.iter().zip(1..).flat_map(|(stems, month)| stems.iter().map(move |stem| (*stem, month)));
    stems.filter(|(stem, _)| fits(stem)).max_by_key(|(stem, _)| stem.len()).map(|(_, month)| month)
}

const CHARSETS: [&Encoding; 10] = [
    WINDOWS_1252,
    WINDOWS_1250,
    ISO_8859_2,
    WINDOWS_1251,
    KOI8_R,
    IBM866,
    ISO_8859_5,
    WINDOWS_1254,
    ISO_8859_7,
    WINDOWS_1257,
];

const ENGLISH: [&[u8; 3]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// How a month's name begins: English, German, French, Italian, Spanish, Portuguese, Dutch, Scandinavian, Icelandic,
/// Finnish, Estonian, Latvian, Lithuanian, Polish, Czech, Slovak, Hungarian, Romanian, Slovene, Croatian, Turkish,
/// Greek, Russian, Ukrainian, Bulgarian. Where languages disagree about a short form (`lip`, `lis`, `srp`), the one
/// with more servers wins.
const MONTHS: [&[&str]; 12] = [
    &[
        "jan", "jän", "janv", "gen", "ene", "tammi", "jaan", "sty", "led", "ian", "oca", "sau", "sij", "ιαν", "янв",
        "яну", "січ",
    ],
    &[
        "feb", "fev", "fév", "févr", "fbro", "helmi", "veeb", "lut", "úno", "uno", "şub", "sub", "vas", "velj", "φεβ",
        "фев", "лют",
    ],
    &[
        "mar", "mär", "mrz", "mrt", "mrs", "mzo", "maa", "maalis", "bře", "bre", "márc", "kov", "ožu", "μαρ", "μάρ",
        "мар", "бер",
    ],
    &["apr", "avr", "ab", "abr", "huhti", "kwi", "dub", "ápr", "nis", "bal", "tra", "απρ", "апр", "кві"],
    &[
        "may", "mai", "mei", "maj", "maí", "maij", "mag", "touko", "kvě", "kve", "máj", "geg", "svi", "μαϊ", "μαΐ",
        "μάι", "май", "мая", "тра",
    ],
    &[
        "jun", "juin", "giu", "kesä", "kes", "juun", "jūn", "cze", "čvn", "čen", "cerv", "červen", "jún", "iun", "haz",
        "bir", "lipanj", "ιουν", "ιούν", "июн", "юни", "чер",
    ],
    &[
        "jul",
        "juil",
        "jui",
        "lug",
        "heinä",
        "hei",
        "juul",
        "jūl",
        "lip",
        "čvc",
        "čec",
        "červenec",
        "júl",
        "iul",
        "tem",
        "lie",
        "srpanj",
        "ιουλ",
        "ιούλ",
        "июл",
        "юли",
        "лип",
    ],
    &[
        "aug", "aoû", "aou", "août", "ago", "agto", "elo", "sie", "srp", "ágú", "avg", "ağu", "agu", "rgp", "rugp",
        "kol", "αυγ", "αύγ", "авг", "сер",
    ],
    &[
        "sep", "sept", "set", "sbre", "syy", "syys", "wrz", "zář", "zar", "szept", "eyl", "rgs", "rugs", "ruj", "σεπ",
        "сен", "сеп", "вер",
    ],
    &["oct", "okt", "ott", "out", "obre", "loka", "lok", "paź", "paz", "říj", "rij", "eki", "spa", "οκτ", "окт", "жов"],
    &["nov", "nóv", "nbre", "marras", "lis", "kas", "lap", "noi", "stu", "νοε", "νοέ", "ноя", "ное", "лис"],
    &[
        "dec", "dez", "déc", "dets", "dic", "dbre", "des", "dek", "joulu", "jou", "gru", "pro", "ara", "grd", "δεκ",
        "дек", "гру",
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve names a language, as its systems abbreviate them.
    const LANGUAGES: &[&str] = &[
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC",
        "January February March April May June July August September October November December",
        "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
        "Jänner Februar März April Mai Juni Juli August September Oktober November Dezember",
        "janv. févr. mars avril mai juin juil. août sept. oct. nov. déc.",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "ene feb mar abr may jun jul ago sep oct nov dic",
        "Jan Fev Mar Abr Mai Jun Jul Ago Set Out Nov Dez",
        "jan feb mrt apr mei jun jul aug sep okt nov dec",
        "jan feb mar apr maj jun jul aug sep okt nov dec",
        "jan feb mars april mai juni juli aug sep okt nov des",
        "jan feb mar apr maí jún júl ágú sep okt nóv des",
        "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
        "jaan veebr märts apr mai juuni juuli aug sept okt nov dets",
        "janv. febr. marts apr. maijs jūn. jūl. aug. sept. okt. nov. dec.",
        "saus. vas. kov. bal. geg. birž. liep. rugp. rugs. spal. lapkr. gruod.",
        "sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "led úno bře dub kvě čen čec srp zář říj lis pro",
        "jan feb mar apr máj jún júl aug sep okt nov dec",
        "jan febr márc ápr máj jún júl aug szept okt nov dec",
        "ian feb mar apr mai iun iul aug sep oct noi dec",
        "jan feb mar apr maj jun jul avg sep okt nov dec",
        "sij velj ožu tra svi lipanj srpanj kol ruj oct stu pro",
        "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
        "Ιαν Φεβ Μαρ Απρ Μαΐ Ιουν Ιουλ Αυγ Σεπ Οκτ Νοε Δεκ",
        "янв фев мар апр мая июн июл авг сен окт ноя дек",
        "січ лют бер кві тра чер лип сер вер жов лис гру",
        "яну фев мар апр май юни юли авг сеп окт ное дек",
    ];

    #[test]
    fn months_are_known_in_many_languages() {
        for names in LANGUAGES {
            let months: Vec<Option<i8>> = names.split(' ').map(|name| month(name.as_bytes())).collect();
            let wanted: Vec<Option<i8>> = (1..=12).map(Some).collect();
            assert_eq!(months, wanted, "{names}");
        }
    }

    #[test]
    fn months_are_known_in_old_charsets() {
        for (name, wanted) in [
            (&b"M\xe4r"[..], 3),
            (b"ao\xfbt", 8),
            (b"d\xe9c", 12),
            // Windows-1250 and ISO 8859-2.
            (b"pa\x9f", 10),
            (b"pa\xbc", 10),
            // Windows-1251, KOI8-R, code page 866, ISO 8859-5.
            (b"\xec\xe0\xff", 5),
            (b"\xc4\xc5\xcb", 12),
            (b"\xa4\xa5\xaa", 12),
            (b"\xd4\xd5\xda", 12),
            // Windows-1254, ISO 8859-7.
            (b"A\xf0u", 8),
            (b"\xc9\xe1\xed", 1),
        ] {
            assert_eq!(month(name), Some(wanted), "{name:?}");
        }
    }

    #[test]
    fn other_words_are_no_months() {
        for word in ["", "J", "root", "staff", "Jam", "Oma", "FED", "users", "ftp", "12", "a.b", "日本"] {
            assert_eq!(month(word.as_bytes()), None, "{word}");
        }
    }
}
