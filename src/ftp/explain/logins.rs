//! Why servers refuse a login, in their words and in ours.

use crate::ftp::explain::catalogue::{CODES, Case, VERBS, WORDS, case};

/// Where all that is known is that there are too many.
pub(super) const TOO_MANY: &str =
    "Wait a moment, close other connections to it, or lower the number of connections in the settings.";

/// The order matters: "too many login attempts" is about passwords, "anonymous only" is the opposite of "no anonymous".
pub(super) const LOGINS: &[Case] = &[
    case(
        (
            CODES,
            VERBS,
            &[
                "login attempts",
                "failed attempts",
                "login failures",
                "failed login",
                "authentication failures",
                "too many+password",
            ],
        ),
        "The server ended the connection after wrong passwords.",
        "After several it often refuses this computer's address for a while.",
        "Wait, then log in with the right password. Twinport does not try again by itself.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "too many",
                "maximum",
                "max client",
                "max user",
                "max connection",
                "limit reached",
                "connection limit",
                "user limit",
                "session limit",
                "already connected",
                "already logged in",
                "connections from this ip",
                "try again later+users",
                "server is full",
            ],
        ),
        "The server has too many connections.",
        "",
        TOO_MANY,
    ),
    case(
        (CODES, VERBS, &["may not use encryption", "encryption+not allowed", "tls+not allowed", "ssl+not allowed"]),
        "The server does not want this login encrypted.",
        "Some let anonymous users in without encryption only.",
        "Choose no encryption for this site, if nothing secret is transferred.",
    ),
    case(
        (
            CODES,
            VERBS,
            &["client certificate", "certificate required", "no certificate", "certificate+verif", "user certificate"],
        ),
        "The server wants a certificate from us.",
        "It lets in only those who show one that it knows.",
        "Choose the client certificate in the Site Manager; its administrator issues it.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "tls",
                "ssl",
                "must use encryption",
                "encrypt",
                "secure connection",
                "use auth",
                "auth command",
                "auth first",
                "cleartext",
                "clear text",
                "not secure",
                "insecure",
            ],
        ),
        "The server wants an encrypted connection.",
        "It does not let passwords go over the network in clear text.",
        "Choose explicit TLS as the encryption for this site.",
    ),
    case(
        (CODES, VERBS, &["anonymous only", "anonymous-only", "only anonymous", "anonymous ftp only", "anonymous+only"]),
        "The server takes anonymous logins only.",
        "It knows no users with passwords.",
        "Choose the logon type “Anonymous” for this site.",
    ),
    case(
        (CODES, VERBS, &["anonymous", "guest"]),
        "The server does not allow anonymous logins.",
        "",
        "Enter a user name and password.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "home directory",
                "home dir",
                "homedir",
                "cannot change directory",
                "can't change directory",
                "can't chdir",
                "chroot",
                "inaccessible",
                "no+root directory",
            ],
        ),
        "The server let us in, but cannot open this user's folder.",
        "The folder is missing, or the server may not enter it; the password is right.",
        "Ask the server's administrator to make the user's home folder, or to mend its permissions.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "disabled",
                "expired",
                "locked out",
                "account is locked",
                "account locked",
                "suspend",
                "deactivated",
                "inactive",
            ],
        ),
        "The server does not let this account in.",
        "It is locked or has expired, whatever the password is.",
        "Ask the server's administrator about the account; some open it again by themselves after a while.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "banned",
                "blocked",
                "blacklist",
                "not allowed from",
                "from your ip",
                "your ip",
                "your address",
                "your host",
                "ip address",
                "not allowed to connect",
                "host denied",
                "access from",
            ],
        ),
        "The server has blocked this computer's address.",
        "Servers do that after wrong passwords, and some let in only addresses that they know.",
        "Wait (often minutes to hours), then try with the right password; or ask its administrator to admit this address.",
    ),
    case(
        (
            CODES,
            VERBS,
            &["one-time", "one time", " otp", "two-factor", "2fa", "s/key", "challenge", "verification code"],
        ),
        "The server wants a one-time password.",
        "The saved one is good for one login at most.",
        "Set the logon type to ask for the password, and enter the present code.",
    ),
    case(
        (&[332, 532], VERBS, WORDS),
        "The server wants an account besides user and password.",
        "",
        "Choose the logon type “Account” for this site.",
    ),
    case(
        (
            &[400, 421, 425, 426, 430, 431, 450, 451, 452, 500, 530],
            VERBS,
            &[
                "shutting down",
                "shutdown",
                "going down",
                "maintenance",
                "offline",
                "is locked",
                "being updated",
                "disk full",
            ],
        ),
        "The server lets nobody in at the moment.",
        "It is being shut down or looked after.",
        "Try again later.",
    ),
    case(
        (&[421], VERBS, &["timeout", "timed out", "time out", "too slow"]),
        "The server did not want to wait for the login any longer.",
        "",
        "Connect again, and have the password at hand.",
    ),
    case(
        (&[431], VERBS, WORDS),
        "The server cannot encrypt the login at the moment.",
        "Its certificate or its TLS settings are broken as a rule.",
        "Tell its administrator; trying again seldom helps.",
    ),
    case(
        (
            &[530, 430],
            VERBS,
            &["log in with user and pass", "login with user and pass", "not logged in", "log in first"],
        ),
        "The server did not accept the login.",
        "",
        "Check user name and password (capital letters count), then connect again.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "access denied",
                "permission denied",
                "not authorized",
                "not authorised",
                "not permitted",
                "user+denied",
                "no ftp access",
                "shell",
            ],
        ),
        "The server does not let this user use FTP.",
        "Its list of users forbids it, whatever the password is; some say so for a wrong password too.",
        "Check user name and password; else ask the server's administrator to allow FTP for this user.",
    ),
    case(
        (&[430], VERBS, &["invalid", "incorrect", "wrong", "password"]),
        "The server refused the login.",
        "User name or password is wrong.",
        "Check both (capital letters count). Servers lock out after several wrong ones.",
    ),
    case(
        (&[503], VERBS, WORDS),
        "The server lost the thread of the login.",
        "It had expected another command first: something on the way changes or drops commands, or the server is broken.",
        "Connect again; if it stays so, try explicit TLS, which nothing on the way can change.",
    ),
    case(
        (&[500, 501, 502, 504], VERBS, WORDS),
        "The server does not understand the login.",
        "It may be a proxy or another service, which wants the user as user@server.",
        "Check the host and port; behind an FTP proxy, enter it in the settings.",
    ),
    case((&[120], VERBS, WORDS), "The server is not ready yet.", "", "Try again in a few minutes."),
    case(
        (&[421], VERBS, WORDS),
        "The server does not accept logins at the moment.",
        "It ended the connection; often it has too many, or is being restarted.",
        "Try again later.",
    ),
    case(
        (&[400, 425, 426, 430, 434, 450, 451, 452], VERBS, WORDS),
        "The server does not accept logins at the moment.",
        "",
        "Try again later.",
    ),
    case(
        (&[530, 531, 535, 550, 553], VERBS, WORDS),
        "The server refused the login.",
        "",
        "Check user name and password (capital letters count). Twinport does not try again by itself, since servers lock out \
         after several wrong ones.",
    ),
];

#[cfg(test)]
mod tests {
    #[test]
    fn each_case_is_a_sentence_and_can_be_reached() {
        crate::ftp::explain::catalogue::check(super::LOGINS);
    }
}
