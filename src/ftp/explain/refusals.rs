//! What servers refuse, in their words and in ours. The words are those of vsftpd, ProFTPD, Pure-FTPd, FileZilla Server,
//! IIS and Windows, Serv-U, wu-ftpd, glFTPd, Titan, CrushFTP, pyftpdlib, libunftp, MVS, VMS and OS/400.

use crate::ftp::answer::CANNOT_OPEN;
use crate::ftp::explain::catalogue::{CODES, Case, VERBS, WORDS, case};
use crate::ftp::explain::logins::TOO_MANY;

const READ: &[&str] = &["RETR", "SIZE", "MDTM", "MLST"];
const WRITE: &[&str] = &["STOR", "APPE", "STOU"];
const LIST: &[&str] = &["LIST", "MLSD", "NLST", "CWD", "CDUP", "STAT"];
const RENAME: &[&str] = &["RNFR", "RNTO"];
const AUTH: &[&str] = &["AUTH", "AUTH TLS", "AUTH SSL"];
const UNKNOWN: &[u16] = &[500, 501, 502, 503, 504];

const NOT_THERE: &[&str] = &[
    "no such",
    "not found",
    "not exist",
    "n't exist",
    "cannot find",
    "can't find",
    "could not find",
    "unable to find",
    "does not refer to",
    "non-existent",
    "nonexistent",
    "rms-e-fnf",
    "rms-e-dnf",
    "unavailable (file",
    "file unavailable",
];

const GONE: &str = "Refresh the list: it may have been deleted or renamed.";

/// From what is special to what is general: encryption, the connection's end, data connections, room, names, whether it is
/// there, permissions, and last what remains where the server gives no reason (vsftpd never does).
pub(super) const REFUSALS: &[Case] = &[
    // Encryption.
    case(
        (
            CODES,
            VERBS,
            &["session+resum", "session+reuse", "session+re-use", "session+reusing", "session+match the control"],
        ),
        "The server refused the data connection: its TLS session is not the command connection's.",
        "It wants every data connection to continue the TLS session of the command connection, so that nobody else can \
         take the data.",
        "Connect again and retry. If it stays so, its administrator can turn that demand off (vsftpd: require_ssl_reuse=NO, \
         ProFTPD: TLSOptions NoSessionReuseRequired, FileZilla Server: session resumption).",
    ),
    case(
        (CODES, &["CCC"], WORDS),
        "The server keeps the command connection encrypted.",
        "",
        "Leave it encrypted; where a router must read the commands, use passive mode with EPSV.",
    ),
    case(
        (CODES, &["SSCN", "CPSV"], WORDS),
        "The server takes no part in encrypted transfers between two servers.",
        "One of the two has to be the TLS client of the data connection, and this one does not know how.",
        "Transfer the files through this computer: download them from the one server, upload them to the other.",
    ),
    case(
        (&[431], VERBS, WORDS),
        "The server cannot encrypt the connection at the moment.",
        "Its certificate or its TLS settings are broken as a rule.",
        "Tell its administrator; trying again seldom helps.",
    ),
    case(
        (CODES, AUTH, &["policy", "denied", "not allowed"]),
        "The server does not allow encryption for us.",
        "Its settings forbid it.",
        "Ask its administrator. Without encryption, passwords and files go over the network in clear text.",
    ),
    case(
        (CODES, AUTH, WORDS),
        "The server does not offer encryption with this command.",
        "It may know no TLS at all, or only implicit TLS on another port.",
        "Try implicit TLS (port 990) as the encryption for this site. Without encryption, passwords and files go over the \
         network in clear text.",
    ),
    case(
        (CODES, &["PROT", "PBSZ"], WORDS),
        "The server does not encrypt data connections.",
        "It encrypts commands and passwords, but would send the files in clear text.",
        "Ask its administrator to allow PROT P. Nothing was sent.",
    ),
    case(
        (
            &[421, 425, 426, 450, 503, 521, 522, 530, 532, 533, 534, 536, 550],
            VERBS,
            &[
                "ssl required",
                "tls required",
                "ssl/tls required",
                "must use encryption",
                "must be encrypted",
                "prot p",
                "requires ssl",
                "requires tls",
                "policy requires",
                "use auth",
                "cleartext",
                "clear text",
                "encryption required",
                "encryption is required",
                "secure connection",
            ],
        ),
        "The server wants an encrypted connection.",
        "It refuses what would go over the network in clear text.",
        "Choose explicit TLS as the encryption for this site.",
    ),
    case(
        (&[533, 534, 536], VERBS, WORDS),
        "The server does not allow this kind of encryption.",
        "Its settings demand another one for commands or for files.",
        "Choose explicit TLS as the encryption for this site, which encrypts both.",
    ),
    case(
        (&[425, 426, 435, 522], VERBS, &["ssl", "tls", "certificate", "handshake"]),
        "The server refused the data connection because of its encryption.",
        "As a rule it wants the data connection to continue the command connection's TLS session, or its own TLS failed.",
        "Connect again and retry. If it stays so, the server's log tells its administrator what it missed.",
    ),
    case(
        // With words of their own: a file may be named ssl.conf.
        (
            &[450, 451, 550],
            VERBS,
            &[
                "tls error",
                "ssl error",
                "tls session",
                "ssl session",
                "tls handshake",
                "ssl handshake",
                "tls negotiation",
                "ssl negotiation",
                "tls connection",
                "ssl connection",
            ],
        ),
        "The server refused the data connection because of its encryption.",
        "As a rule it wants the data connection to continue the command connection's TLS session, or its own TLS failed.",
        "Connect again and retry. If it stays so, the server's log tells its administrator what it missed.",
    ),
    // The end of the connection.
    case(
        (
            CODES,
            VERBS,
            &["too many connection", "too many user", "too many client", "too many session", "connection limit"],
        ),
        "The server has too many connections.",
        "",
        TOO_MANY,
    ),
    case((&[421], VERBS, &["too many", "maximum", "limit"]), "The server has too many connections.", "", TOO_MANY),
    case(
        (&[421], VERBS, &["kicked", "by administrator", "by the administrator", "terminated by"]),
        "The server's administrator ended the connection.",
        "",
        "Ask the administrator why before you connect again.",
    ),
    case(
        (&[421], VERBS, &["idle", "timeout", "timed out", "time out", "inactiv", "no transfer", "session expired"]),
        "The server ended the connection because it was idle.",
        "",
        "Connect again; transfers go on where they stopped.",
    ),
    case(
        (
            &[421],
            VERBS,
            &["shutting down", "shutdown", "shut down", "going down", "going offline", "maintenance", "restart"],
        ),
        "The server is being shut down.",
        "",
        "Try again later; transfers go on where they stopped.",
    ),
    case(
        (&[421], VERBS, WORDS),
        "The server ended the connection.",
        "",
        "Connect again in a moment; transfers go on where they stopped.",
    ),
    // Data connections.
    case(
        (&[425, 426, 500, 501, 550], VERBS, &["ipv6", "use epsv"]),
        "The server opens passive connections over IPv6 only with EPSV.",
        "",
        "Reset what is known of this server in the Site Manager, so that EPSV is tried again.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "bad ip connecting",
                "ip addresses of control and data",
                "port theft",
                "foreign address",
                "ip mismatch",
                "address mismatch",
            ],
        ),
        "The server refused the data connection: it came from another address than the command connection.",
        "A router with several lines, a VPN or a proxy sends the two by different ways.",
        "Switch off the VPN or proxy for this server, or make both connections go through it.",
    ),
    case(
        (
            &[421, 425, 426, 450, 451, 500, 501, 502],
            VERBS,
            &[
                "no free port",
                "no port",
                "no ports",
                "port range",
                "address already in use",
                "bind",
                "cannot assign",
                "no more port",
            ],
        ),
        "The server has no port free for a data connection.",
        "All ports of its passive range are taken; after many small files they stay taken for a minute.",
        "Wait a minute and retry, and lower the number of connections in the settings. Its administrator can widen the range.",
    ),
    case(
        (
            CODES,
            VERBS,
            &["port or pasv first", "pasv or port first", "use port", "use pasv", "pasv first", "port first"],
        ),
        "The server does not know of the data connection that was arranged.",
        "Something on the way changed or dropped the command for it; routers that meddle with FTP do.",
        "Retry. If it stays so, explicit TLS keeps routers from reading the commands.",
    ),
    case(
        (&[522], &["EPRT", "EPSV", "PORT", "PASV"], WORDS),
        "The server does not make data connections with this kind of address.",
        "It knows IPv4 only, or IPv6 only.",
        "Switch between passive and active mode, or connect to its other address.",
    ),
    case(
        (UNKNOWN, &["EPSV", "PASV"], WORDS),
        "The server does not offer passive mode.",
        "",
        "Switch the transfer mode to Automatic or Active.",
    ),
    case(
        (CODES, &["EPSV", "PASV"], WORDS),
        "The server could not open a port for a passive data connection.",
        "",
        "Try again in a moment; if it stays so, switch the transfer mode to Automatic or Active.",
    ),
    case(
        (CODES, &["EPRT", "PORT"], WORDS),
        "The server does not connect to this address in active mode.",
        "Behind a router this computer has an address that the server cannot reach, or it refuses active mode altogether.",
        "Switch the transfer mode to Automatic or Passive. To keep active mode, the external address in the settings must be \
         right.",
    ),
    case(
        (CODES, &["PRET"], WORDS),
        "The server refused to prepare the transfer.",
        "It checks name and permission before it opens a data connection.",
        "Refresh the list; else choose another folder.",
    ),
    case(
        (&[425], VERBS, &["operation not permitted"]),
        "The server could not open the data connection.",
        "Over TLS, ProFTPD says this where the data connection does not continue the command connection's TLS session; else \
         a firewall there forbids it.",
        "Connect again and retry. If it stays so, switch between passive and active mode, or ask its administrator about \
         TLSOptions NoSessionReuseRequired.",
    ),
    case(
        (&[425], VERBS, WORDS),
        "The server could not open the data connection.",
        "A firewall on one side does not let it through.",
        "Switch between passive and active mode in the settings: a firewall on one side blocks this one.",
    ),
    case(
        (&[426, 451, 450, 550], VERBS, &["timeout", "timed out", "stalled", "no data received"]),
        "The transfer stood still for too long for the server.",
        "",
        "Retry: it goes on where it stopped.",
    ),
    case(
        (&[426], VERBS, WORDS),
        "The transfer was cut off.",
        "The data connection broke: the network, a firewall on the way, or the server ended it.",
        "Retry: it goes on where it stopped.",
    ),
    // Room.
    case(
        (
            CODES,
            VERBS,
            &[
                "file too large",
                "file is too large",
                "too big",
                "exceeds the maximum file",
                "maximum file size",
                "max file size",
                "file size limit",
                "size limit exceeded",
                "upload limit",
            ],
        ),
        "The file is larger than the server takes.",
        "",
        "Ask its administrator for a higher limit, or split or compress the file.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "not enough credit",
                "no credits",
                "credits left",
                "ratio exceeded",
                "upload ratio",
                " ul/dl ratio",
                "bad ratio",
            ],
        ),
        "Your credits on the server are used up.",
        "It lets you download in proportion to what you upload.",
        "Upload something, or ask the server's administrator.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "quota+exceed",
                "disk quota",
                "over quota",
                "quota limit",
                "quota reached",
                "exdiskquota",
                "exceeded storage allocation",
            ],
        ),
        "Your space on the server is used up.",
        "",
        "Delete something there or ask for more, then retry: it goes on where it stopped.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "no space",
                "not enough space",
                "disk full",
                "disk is full",
                "device full",
                "out of space",
                "insufficient storage",
                "not enough storage",
                "disk space",
                "out of disk",
                "space exhausted",
            ],
        ),
        "The server has no room for it.",
        "",
        "Make room there, then retry: it goes on where it stopped.",
    ),
    case(
        (&[452, 552], VERBS, &["quota"]),
        "Your space on the server is used up.",
        "",
        "Delete something there or ask for more, then retry: it goes on where it stopped.",
    ),
    case(
        (&[452, 552], VERBS, WORDS),
        "The server's disk is full, or your space on it is used up.",
        "",
        "Make room there, then retry: it goes on where it stopped.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "virus found",
                "virus detected",
                "contains a virus",
                "virus scan",
                "malware detected",
                "is infected",
                "infected file",
            ],
        ),
        "The server's virus scanner refused the file.",
        "",
        "Check the file with a scanner of your own; if it is clean, tell the server's administrator.",
    ),
    // In use.
    case(
        (
            CODES,
            VERBS,
            &[
                "resource busy",
                "is busy",
                "file busy",
                "in use",
                "being used",
                "sharing violation",
                "file is locked",
                "file locked",
                "currently locked",
                "locked by",
                "is locked",
                "rms-e-flk",
                "used by another",
                "open by another",
            ],
        ),
        "The file is in use on the server.",
        "Another program or user has it open; Windows, VMS and MVS servers then lock it.",
        "Try again when nobody uses it.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "is migrated",
                "been migrated",
                "migrated data set",
                "being recalled",
                "offline storage",
                "is archived",
                "been archived",
            ],
        ),
        "The file is in the server's archive.",
        "The server has to bring it back from tape or slow storage first.",
        "Retry after some minutes; asking for it often starts that.",
    ),
    // What continues.
    case(
        (
            CODES,
            VERBS,
            &[
                "append/restart",
                "restart not permitted",
                "restart not allowed",
                "append not",
                "resume not",
                "resuming not",
                "appending+not",
            ],
        ),
        "The server does not let transfers be continued.",
        "Its settings forbid to begin in the middle of a file (ProFTPD: AllowStoreRestart).",
        "Transfer the file anew: choose Overwrite where it is asked.",
    ),
    case(
        (CODES, &["REST"], &["ascii"]),
        "The server continues files in binary only.",
        "",
        "Transfer the file in binary, or anew from its beginning.",
    ),
    case(
        (&[551, 554], &["REST", "RETR", "STOR", "APPE"], &["rest", "offset", "position", "marker"]),
        "The server has less of the file than is here already.",
        "The file there changed since the transfer began.",
        "Transfer the file anew: choose Overwrite where it is asked.",
    ),
    case(
        (CODES, &["REST"], WORDS),
        "The server cannot begin in the middle of a file.",
        "",
        "Transfer the file anew: choose Overwrite where it is asked.",
    ),
    // What it does not know.
    case(
        (
            &[500, 501],
            VERBS,
            &["command line too long", "line too long", "command too long", "input line", "input too long"],
        ),
        "The path is longer than the server reads.",
        "",
        "Move the file to a folder nearer the top, or give it and its folders shorter names.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "name too long",
                "name is too long",
                "path too long",
                "path is too long",
                "path name too long",
                "rms-f-fnm",
                "too long+name",
            ],
        ),
        "The name is too long for the server.",
        "Most file systems hold 255 bytes, some fewer; a letter with an accent counts for two or more.",
        "Give it a shorter name, then transfer it again.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "label syntax",
                "illegal character",
                "invalid character",
                "illegal file",
                "illegal name",
                "illegal path",
                "invalid file",
                "invalid name",
                "invalid path",
                "invalid data set name",
                "invalid filename",
                "filename invalid",
                "filename is not",
                "name not allowed",
                "names not allowed",
                "forbidden filename",
                "forbidden file",
                "forbidden command argument",
                "prohibited file",
                "prohibited filename",
                "filename prohibited",
                "bad filename",
                "bad file name",
                "illegal byte sequence",
                "invalid utf",
                "specification syntax",
                "rms-f-syn",
                "extension+not allowed",
                "file type+not allowed",
                "special characters",
            ],
        ),
        "The server does not allow that name.",
        "It holds a character, an ending or a word that the server's system or its settings forbid; Windows servers allow \
         none of \\ / : * ? \" < > |.",
        "Choose a name of plain letters and digits. If it has accents, check the site's charset.",
    ),
    case(
        (UNKNOWN, &["SITE CHMOD", "SITE"], WORDS),
        "The server cannot change permissions.",
        "",
        "Windows servers know none; on others only the administrator can.",
    ),
    case(
        (UNKNOWN, &["MFMT", "MDTM"], WORDS),
        "The server does not know how to set the file's time.",
        "",
        "The file itself is whole; it just bears the time of its upload.",
    ),
    case(
        (UNKNOWN, &["HASH", "XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512", "MD5"], WORDS),
        "The server does not compute this checksum.",
        "",
        "Compare by size and time, or choose another checksum.",
    ),
    case(
        (CODES, &["TYPE"], WORDS),
        "The server does not transfer in binary.",
        "Anything else would change bytes of the file.",
        "Connect again; if it stays so, its administrator must allow TYPE I.",
    ),
    case(
        (CODES, &["MODE"], WORDS),
        "The server does not compress transfers.",
        "",
        "Switch compression off for this site; files go as they are.",
    ),
    case(
        (&[503], RENAME, WORDS),
        "The server did not put the two halves of the renaming together.",
        "It takes the old and the new name in two commands, and something came between.",
        "Refresh the list and try again.",
    ),
    // Is it there?
    case(
        (CODES, LIST, &["no files", "no members", "no data set", "directory is empty", "empty directory"]),
        "There is nothing in the folder.",
        "",
        "Refresh the list if something should be there; hidden files may need another setting.",
    ),
    case(
        (CODES, VERBS, &["levels of symbolic", "broken link", "broken symbolic", "dangling"]),
        "That link leads nowhere, or in a circle.",
        "",
        "Open what it should lead to by its own name.",
    ),
    case(
        (CODES, LIST, &["not a directory", "is not a folder", "not directory", "is a file", "not a folder"]),
        "That is a file, not a folder.",
        "",
        "Download it, or open the folder that it lies in.",
    ),
    case(
        (
            CODES,
            &["RETR", "SIZE", "MDTM", "MLST", "STOR", "APPE", "STOU", "DELE", "REST"],
            &[
                "not a plain file",
                "not a regular file",
                "not plain file",
                "not a file",
                "is a directory",
                "is directory",
                "is a folder",
                "not a normal file",
            ],
        ),
        "That is a folder, not a file.",
        "",
        "Open it as a folder; refresh the list if it is shown as a file.",
    ),
    case((CODES, READ, NOT_THERE), "The file is not there.", "", GONE),
    case((CODES, LIST, NOT_THERE), "The folder is not there.", "", GONE),
    case(
        (CODES, &["MKD", "STOR", "APPE", "STOU", "RNTO"], NOT_THERE),
        "A folder on the way to it is not there.",
        "",
        "Refresh the list of the folder above, and make the missing folder first.",
    ),
    case((CODES, VERBS, NOT_THERE), "It is not there (any more).", "", GONE),
    // What is in the way.
    case(
        (CODES, &["RMD", "DELE"], &["not empty", "notempty", "non-empty", "is not null"]),
        "The folder is not empty.",
        "",
        "Refresh: something new may be in it, or something hidden. Deleting it from the list removes that too.",
    ),
    case(
        (CODES, &["RMD"], &["current directory", "current working", "working directory"]),
        "The server does not delete the folder that somebody is in.",
        "",
        "Open another folder and close other connections to it, then delete it.",
    ),
    case((&[521], &["MKD"], WORDS), "There is something of that name already.", "", "Choose another name."),
    case(
        (CODES, &["MKD"], &["exists", "already exist", "file exist", "already there"]),
        "There is something of that name already.",
        "",
        "Choose another name.",
    ),
    case(
        (CODES, RENAME, &["exists", "already exist", "file exist", "overwrit", "already there"]),
        "There is something of the new name already.",
        "The server does not let a renaming replace it; Windows servers never do.",
        "Choose another name, or delete what is there first.",
    ),
    case(
        (CODES, RENAME, &["cross-device", "cross device", "invalid cross", "different disk", "different drive"]),
        "The server cannot move that to another disk.",
        "",
        "Download it and upload it to the new place, then delete the old one.",
    ),
    case(
        (
            CODES,
            WRITE,
            &["overwrit", "already exist", "file exist", "exists already", "duplicate name", "duplicate file"],
        ),
        "There is a file of that name, and the server does not let it be replaced.",
        "",
        "Upload it under another name, or delete the file there first.",
    ),
    // Permission.
    case(
        (
            CODES,
            VERBS,
            &["read-only", "read only", "readonly", "write-protect", "write protect", "not writable", "not writeable"],
        ),
        "That place on the server can only be read.",
        "Its disk, share or folder is write-protected.",
        "Choose another folder, or ask the server's administrator.",
    ),
    case(
        (CODES, VERBS, &["anonymous user", "anonymous access", "anonymous+not allowed", "guest user", "guest account"]),
        "Anonymous users may not do that on the server.",
        "",
        "Log in with a user name and password.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "permission",
                "denied",
                "not permitted",
                "access is",
                "access to",
                "access violation",
                "no access",
                "not access",
                "inaccessible",
                "not allowed",
                "forbidden",
                "privilege",
                "not authorized",
                "not authorised",
                "unauthorized",
                "insufficient right",
                "insufficient authority",
                "no authority",
                "prohibited",
                "protection violation",
                "not owner",
                "nopriv",
                "rms-e-prv",
                "no rights",
            ],
        ),
        "You have no permission to do that on the server.",
        "",
        "Choose another folder, or ask the server's administrator for the permission.",
    ),
    case(
        (CODES, LIST, CANNOT_OPEN),
        "The server refused to open the folder.",
        "As a rule you have no permission to see what is in it.",
        "Choose another folder, or ask the server's administrator for the permission.",
    ),
    // What the server's disk says.
    case(
        (
            CODES,
            VERBS,
            &[
                "input/output",
                "i/o error",
                "disk error",
                "read error",
                "write error",
                "stale file",
                "stale nfs",
                "device error",
            ],
        ),
        "The server cannot use its own disk properly.",
        "It read or wrote the file, and its disk or network share failed.",
        "Try again; if it stays so, its administrator should look at the disk. Keep your copy.",
    ),
    case(
        (
            CODES,
            VERBS,
            &[
                "out of memory",
                "not enough memory",
                "cannot allocate",
                "resource temporarily",
                "too many open files",
                "no resources",
            ],
        ),
        "The server is overloaded.",
        "",
        "Try again in a moment, and lower the number of connections in the settings.",
    ),
    // No reason given: what was asked tells most of it.
    case(
        (&[532], VERBS, WORDS),
        "The server wants an account for storing files.",
        "",
        "Choose the logon type “Account” for this site.",
    ),
    case(
        (&[530, 331, 332], VERBS, WORDS),
        "The server wants a login first.",
        "",
        "Connect again with user and password.",
    ),
    case(
        (&[503], VERBS, WORDS),
        "The server had expected another command first.",
        "It and Twinport are out of step; something on the way may drop commands.",
        "Connect again and retry.",
    ),
    case(
        (&[500, 502, 504], VERBS, WORDS),
        "The server does not know how to {task}.",
        "",
        "It is an old or a reduced server; there is no way around it from here.",
    ),
    case(
        (&[501, 553], VERBS, &["name", "illegal", "invalid", "syntax", "character", "argument", "parameter"]),
        "The server does not understand that name.",
        "It holds a character that the server's system forbids, or is written in another charset than the server's.",
        "Choose a name of plain letters and digits, or set the site's charset.",
    ),
    case(
        (&[450, 451], WRITE, WORDS),
        "The server could not take the file at the moment.",
        "",
        "Try again; if it stays so, its administrator can see why in its log.",
    ),
    case(
        (&[450, 451], READ, WORDS),
        "The server could not send the file at the moment.",
        "",
        "Try again; if it stays so, its administrator can see why in its log.",
    ),
    case(
        (&[451], VERBS, WORDS),
        "Something went wrong inside the server.",
        "",
        "Try again; if it stays so, its administrator can see why in its log.",
    ),
    case(
        (&[450], VERBS, WORDS),
        "The server could not do that at the moment.",
        "As a rule somebody else uses the file or folder.",
        "Try again when nobody uses it.",
    ),
    case(
        (&[501, 550, 551, 553, 554], WRITE, WORDS),
        "The server refused to take the file.",
        "It does not say why; as a rule the permission to write in that folder is missing.",
        "Choose another folder, or ask the server's administrator for the permission.",
    ),
    case(
        (&[501, 550, 551, 553, 554], READ, WORDS),
        "The server refused to send the file.",
        "It is gone, it is a folder, or you may not read it; the server does not say which.",
        "Refresh the list; if it is there still, ask the server's administrator for the permission.",
    ),
    case(
        (&[501, 550, 551, 553], LIST, WORDS),
        "The server refused to open the folder.",
        "It is gone, or you may not read it; the server does not say which.",
        "Refresh the folder above it; if it is there still, ask the server's administrator for the permission.",
    ),
    case(
        (&[501, 550, 553], &["MKD"], WORDS),
        "The server did not make the folder.",
        "Something of that name exists, the folder above it is missing, or you may not write there.",
        "Refresh the list; choose another name or another folder.",
    ),
    case(
        (&[501, 550, 553], &["RMD"], WORDS),
        "The server did not delete the folder.",
        "It is not empty (hidden files count), it is gone, or you may not delete there.",
        "Refresh the list; deleting it from the list removes what is in it too.",
    ),
    case(
        (&[501, 550, 553], &["DELE"], WORDS),
        "The server did not delete the file.",
        "It is gone, it is a folder, or you may not delete there.",
        "Refresh the list; else ask the server's administrator for the permission.",
    ),
    case(
        (&[501, 550, 551, 553, 554], RENAME, WORDS),
        "The server did not rename it.",
        "It is gone, the new name is taken or not allowed, or you may not change that folder.",
        "Refresh the list; choose another name, or ask the server's administrator for the permission.",
    ),
    case(
        (&[550, 553], &["SITE CHMOD", "SITE"], WORDS),
        "The server did not change the permissions.",
        "Only a file's owner may, and some servers let nobody.",
        "Ask the server's administrator to change them.",
    ),
    case(
        (&[550, 553], &["MFMT"], WORDS),
        "The server did not set the file's time.",
        "Only a file's owner may, and some servers let nobody.",
        "The file itself is whole; it just bears the time of its upload.",
    ),
    case(
        (&[550], &["PWD"], WORDS),
        "The server does not say which folder this is.",
        "It was deleted meanwhile, or you may not read the way to it.",
        "Open another folder.",
    ),
    case(
        (&[501], VERBS, WORDS),
        "The server does not understand what exactly to do.",
        "It takes the command, but not what stands behind it: as a rule a name in another charset.",
        "Check the name, and the site's charset.",
    ),
    case(
        (&[550, 551, 553, 554], VERBS, WORDS),
        "The server refused to {task}.",
        "It does not say why; as a rule a permission is missing, or it is not there any more.",
        "Refresh the list; else ask the server's administrator for the permission.",
    ),
];

#[cfg(test)]
mod tests {
    #[test]
    fn each_case_is_a_sentence_and_can_be_reached() {
        crate::ftp::explain::catalogue::check(super::REFUSALS);
    }
}
