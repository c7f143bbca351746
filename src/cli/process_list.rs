//! Keeps a password out of the list of processes, which everybody on the computer may read.

use std::ffi::OsString;
use std::io::IsTerminal;

use crate::cli::output::complain;
use crate::cli::url::Address;
use crate::domain::PASSWORD_VARIABLE;

/// What to do instead of writing a password into a URL.
pub(super) const ADVICE: &str = "the password in the URL can be read by everybody on this computer, in the list of processes: \
                                 put it into TWINPORT_PASSWORD, or leave it out to be asked.";

/// Where a URL among the arguments holds a user's password: begins the program anew with the password in its environment
/// instead (`/proc/PID/environ` is its owner's alone, `/proc/PID/cmdline` is everybody's; proc(5)). The shell's history still
/// has it, which a person at a terminal is told. Returns where there is nothing to hide, or no way to.
pub fn hide_password() {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let Some((at, url, password)) = password_among(&arguments) else { return };
    if std::io::stderr().is_terminal() {
        complain(ADVICE);
    }
    let mut changed = arguments;
    changed[at] = url.into();
    again(&changed, &password);
}

/// Where the URL with a password stands, the URL without it, and the password.
fn password_among(arguments: &[OsString]) -> Option<(usize, String, String)> {
    arguments.iter().enumerate().skip(1).find_map(|(at, argument)| {
        let text = argument.to_str()?;
        let address = Address::parse(text).ok()?;
        let password = address.password.filter(|_| address.user.as_deref().is_some_and(|user| user != "anonymous"))?;
        let (scheme, rest) = text.split_once("://")?;
        let (user, _) = rest.split_once(':')?;
        let end = rest.find('/').unwrap_or(rest.len());
        let host = rest[..end].rfind('@')?;
        Some((at, format!("{scheme}://{user}{}", &rest[host..]), password.reveal().to_owned()))
    })
}

/// Runs this program with other arguments, in this process's place.
#[cfg(unix)]
fn again(arguments: &[OsString], password: &str) {
    use std::os::unix::process::CommandExt;
    let Ok(program) = std::env::current_exe() else { return };
    let mut command = std::process::Command::new(program);
    command.arg0(&arguments[0]).args(&arguments[1..]).env(PASSWORD_VARIABLE, password);
    // Comes back only where it failed: then the URL is used as it is, and the warning said.
    let _ = command.exec();
}

/// On Windows a process's arguments are read by its owner and by administrators only.
#[cfg(not(unix))]
fn again(_: &[OsString], _: &str) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(arguments: &[&str]) -> Option<(usize, String, String)> {
        password_among(&arguments.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_password_in_a_url_is_found_and_taken_out() {
        let found = among(&["twinport", "get", "ftp://u:s%3Acret@host:2121/a:b/c@d", "here"]);
        assert_eq!(found, Some((2, "ftp://u@host:2121/a:b/c@d".into(), "s:cret".into())));
        let found = among(&["twinport", "ls", "ftps://a%40b:p@[::1]:990"]);
        assert_eq!(found, Some((2, "ftps://a%40b@[::1]:990".into(), "p".into())));
        for none in ["ftp://host/a:b@c", "ftp://u@host/", "ftp://anonymous:me@host/", "u:p@host"] {
            assert_eq!(among(&["twinport", "ls", none]), None, "{none}");
        }
    }
}
