//! The way to a server: straight, or through a proxy, which is asked for it by name: nothing is resolved here then.

use crate::domain::Security;
use crate::ftp::error::{FtpError, ProxyTrouble, Stage};
use crate::net::dial;
use crate::net::happening::{Happening, Observer, Step};
use crate::net::proxy;
use crate::net::proxy::{Ask, Tunnel};
use crate::net::stream::Stream;
use crate::net::terms::Dial;
use crate::net::wait::Wait;

/// How this session's connections get to its server.
pub(super) enum Route {
    /// To its address; or to that of the gateway which stands for it.
    Direct,
    /// Through a proxy, data connections too.
    Tunnel(Tunnel),
}

/// A control connection on which the server's (or the gateway's) greeting is due, and the way that data must take.
pub(super) fn reach(dial: &Dial, wait: &mut Wait, observer: &Observer) -> Result<(Stream, Route), FtpError> {
    let site = &dial.site;
    let patience = dial.timeouts.connect;
    let Some((proxy, secret)) = &dial.proxy else {
        observer(Happening::Step(Step::Resolving));
        let addresses = dial::resolve(site.host.trim(), site.port(), wait, patience)?;
        observer(Happening::Step(Step::Connecting));
        let stream = dial::connect(&site.host, &addresses, wait, patience)?;
        return Ok((stream, Route::Direct));
    };
    let failed = |trouble| proxy::failure(proxy, &site.host, site.port(), Stage::Connect, trouble);
    let gateway = dial.gateway().is_some();
    // A gateway reads the commands; what once was encrypted must not become readable unasked.
    let needs_tls = matches!(site.security, Security::Explicit | Security::Implicit)
        || (site.security == Security::Auto && site.learned.spoke_tls && !dial.tls.clear_text);
    if gateway && needs_tls {
        return Err(failed(ProxyTrouble::NoEncryption));
    }
    let at_proxy = |error| match error {
        FtpError::UnknownHost { detail, .. } => failed(ProxyTrouble::UnknownHost { detail }),
        FtpError::CannotConnect { kind, detail, .. } => failed(ProxyTrouble::NoConnection { kind, detail }),
        FtpError::Timeout { waited, .. } => failed(ProxyTrouble::Silent { waited }),
        other => other,
    };
    observer(Happening::Step(Step::Resolving));
    let addresses = dial::resolve(proxy.host.trim(), proxy.port, wait, patience).map_err(at_proxy)?;
    observer(Happening::Step(Step::Connecting));
    let mut stream = dial::connect(&proxy.host, &addresses, wait, patience).map_err(at_proxy)?;
    if gateway {
        return Ok((stream, Route::Direct));
    }
    let tunnel = Tunnel::new(proxy, secret.as_ref(), &site.host);
    let ask = Ask { port: site.port(), stage: Stage::Connect, patience };
    tunnel.dig(&ask, &mut stream, wait, &mut |stream, ready| {
        stream.mark(ready.control);
        Ok(())
    })?;
    observer(Happening::Note(format!(
        "Connected to {} through the {} {}",
        site.host.trim(),
        proxy.kind.words(),
        proxy.host.trim()
    )));
    Ok((stream, Route::Tunnel(tunnel)))
}
