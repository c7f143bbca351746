//! Keys and icons of actions, without a window's library.

/// A picture for a command; the face knows its looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they say what they are")]
pub enum Icon {
    Sites,
    Connect,
    Disconnect,
    Reconnect,
    Refresh,
    Cancel,
    Settings,
    About,
    Upload,
    Download,
    Open,
    Rename,
    Delete,
    NewFolder,
    NewFile,
    Properties,
    Copy,
    Up,
    Filter,
    Pause,
    Resume,
    Hidden,
    Queue,
    Log,
    SelectAll,
    Swap,
    Limits,
    Quit,
}

/// A key that stands for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shortcut {
    /// With Ctrl (on a Mac: Command).
    pub ctrl: bool,
    /// With Shift.
    pub shift: bool,
    /// Which.
    pub key: Key,
}

/// The keys that commands use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they say what they are")]
pub enum Key {
    A,
    D,
    F,
    H,
    L,
    N,
    P,
    Q,
    R,
    S,
    Period,
    Comma,
    F2,
    F5,
    F6,
    Delete,
    Backspace,
}

pub(crate) const fn ctrl(key: Key) -> Option<Shortcut> {
    Some(Shortcut { ctrl: true, shift: false, key })
}

pub(crate) const fn plain(key: Key) -> Option<Shortcut> {
    Some(Shortcut { ctrl: false, shift: false, key })
}
