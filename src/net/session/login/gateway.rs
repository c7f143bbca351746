//! Logging in through an FTP proxy: a server that connects to ours when it is told its name, with USER, SITE or OPEN.
//! There is no standard for it; these three are what firewalls have spoken since the TIS toolkit
//! (the idea: <https://www.rfc-editor.org/rfc/rfc1919>).

use crate::domain::{FtpProxy, Secret, Security, Site};
use crate::ftp::error::{FtpError, ProxyTrouble, Stage};
use crate::ftp::reply::Reply;
use crate::ftp::verb::{Argument, SecretArgument, Verb};
use crate::net::control::Control;
use crate::net::proxy;
use crate::net::terms::Gateway;
use crate::net::wait::Wait;

/// Logs in at the gateway where it has users, names the server, and says USER to that. The server's reply to USER.
pub(in crate::net) fn introduce(
    gateway: Gateway<'_>,
    site: &Site,
    control: &mut Control,
    wait: &mut Wait,
) -> Result<Reply, FtpError> {
    let Gateway { proxy, way, secret } = gateway;
    let charset = control.charset().clone();
    let failed = |trouble| proxy::failure(proxy, &site.host, site.port(), Stage::Login, trouble);
    let unreachable = |reply: &Reply| failed(ProxyTrouble::TargetUnreachable { said: words(reply) });
    let host = site.host.trim();
    // Brackets, and a port only where it is not the usual one: old gateways take a bare name.
    let place = match (host.contains(':') && !host.starts_with('['), site.port()) {
        (false, 21) => host.to_owned(),
        (false, port) => format!("{host}:{port}"),
        (true, 21) => format!("[{host}]"),
        (true, port) => format!("[{host}]:{port}"),
    };
    let name = match way {
        FtpProxy::UserAtHost => format!("{}@{place}", site.login_name()),
        FtpProxy::Site | FtpProxy::Open => site.login_name().to_owned(),
    };
    // Checked before anything is sent.
    let user = Verb::User(Argument::text(&name, &charset)?);
    let naming = match way {
        FtpProxy::UserAtHost => None,
        FtpProxy::Site => Some(Verb::SiteHost(Argument::text(&place, &charset)?)),
        FtpProxy::Open => Some(Verb::Open(Argument::text(&place, &charset)?)),
    };
    let own_user = Verb::User(Argument::text(&proxy.user, &charset)?);
    let own_password = Verb::Pass(SecretArgument::new(secret.unwrap_or(&Secret::default()), &charset)?);

    control.note(format!("Logging in to {place} through the FTP proxy {}", proxy.host.trim()));
    if site.security == Security::Auto {
        control.note("An FTP proxy passes no encryption on: user name, password and files go in clear text");
    }
    let mut say = |verb: &Verb, trouble: fn(String) -> ProxyTrouble| match control.ask(verb, wait, Stage::Login) {
        Ok(heard) => Ok(heard.reply),
        Err(FtpError::Closed { last: Some(reply), .. }) => Err(failed(trouble(words(&reply)))),
        Err(error) => Err(error),
    };
    let no_login: fn(String) -> ProxyTrouble = |said| ProxyTrouble::LoginRefused { said };
    let no_server: fn(String) -> ProxyTrouble = |said| ProxyTrouble::TargetUnreachable { said };
    if !proxy.user.is_empty() {
        let mut reply = say(&own_user, no_login)?;
        if reply.code == 331 {
            reply = say(&own_password, no_login)?;
        }
        // 331 again = and now the server's user.
        if reply.is_negative() {
            return Err(failed(no_login(words(&reply))));
        }
    }
    if let Some(naming) = naming {
        let reply = say(&naming, no_server)?;
        match reply.code {
            500 | 502 | 504 => return Err(failed(ProxyTrouble::NoTunnels { said: words(&reply) })),
            530 | 532 if proxy.user.is_empty() => return Err(failed(ProxyTrouble::LoginNeeded)),
            _ if reply.is_negative() => return Err(unreachable(&reply)),
            _ => {}
        }
    }
    let reply = say(&user, no_server)?;
    match reply.code {
        // The server's own no.
        530 | 532 => Ok(reply),
        _ if reply.is_negative() => Err(unreachable(&reply)),
        _ => Ok(reply),
    }
}

fn words(reply: &Reply) -> String {
    crate::net::proxy::target::shown(format!("{} {}", reply.code, reply.text()).as_bytes())
}
