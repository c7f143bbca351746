//! What the model asks the window to do.

use std::sync::Arc;

use crate::app::files::arrange::Arranging;
use crate::app::files::location::Side;
use crate::engine::message::{Command, Settings, TrustBook};
use crate::store::sitebook::SiteBook;

/// What is left to do in the world.
#[derive(Debug)]
pub enum Effect {
    /// Tell the engine.
    Engine(Command),
    /// Write it to its file.
    Save(Saved),
    /// Put the keyboard's cursor there.
    Focus(Field),
    /// Ask for a file with the system's dialog.
    Pick(Pick),
    /// To the clipboard.
    CopyText(String),
    /// Make rows, on a thread of their own; answered by [`Action::Arranged`].
    Arrange(Box<Arranging>),
    /// End the program.
    Quit,
}

/// What is written to a file.
#[derive(Debug, Clone)]
pub enum Saved {
    /// `settings.ron`.
    Settings(Box<Settings>),
    /// `sites.ron`.
    Sites(Arc<SiteBook>),
    /// `trust.ron`.
    Trust(Arc<TrustBook>),
}

/// Where the keyboard's cursor can be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Quick connect's host.
    Host,
    /// A pane's rows.
    Rows(Side),
    /// A pane's path.
    Path(Side),
    /// A pane's filter.
    Filter(Side),
}

/// What a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pick {
    /// A FileZilla `sitemanager.xml`, to read.
    ImportSites,
    /// A file for the saved sites, to write.
    ExportSites,
    /// A local folder to begin in, for a site.
    SiteLocalDir,
    /// A site's client certificate, a PEM file.
    SiteCertificate,
    /// Its private key, a PEM file.
    SiteKey,
}
