//! Keys: those of commands anywhere, those of the rows only while nothing else is being typed into.

use egui::{Context, Event, Id, Key as EguiKey, Modifiers, Ui};

use crate::app::{Action, Actions, Field, Key, Model, Motion, PaneAction, Shortcut, Side, url};
use crate::engine::message::Question;

/// The widget that a field is.
pub(super) fn id(field: Field) -> Id {
    match field {
        Field::Host => Id::unique("quick connect host"),
        Field::Rows(side) => Id::unique(("rows", side)),
        Field::Path(side) => Id::unique(("path", side)),
        Field::Filter(side) => Id::unique(("filter", side)),
    }
}

/// How many rows PageUp and PageDown move: told by the table, which knows its height.
pub(super) fn set_page(ctx: &Context, side: Side, rows: usize) {
    ctx.data_mut(|data| data.insert_temp(id(Field::Rows(side)).with("page"), rows));
}

/// Whether keys mean the rows of that pane: it is the active one and nothing else has the focus.
pub(super) fn rows_have_keys(ctx: &Context, model: &Model, side: Side) -> bool {
    let focused = ctx.memory(|memory| memory.focused());
    let free = focused.is_none_or(|focused| focused == id(Field::Rows(side)));
    model.active == side && free && !is_modal(model)
}

/// The rows of the queue, as one widget that can have the keys.
pub(super) fn queue() -> Id {
    Id::unique("queue rows")
}

/// Turns the frame's keys into actions, and takes them from the input.
pub(super) fn collect(ui: &Ui, model: &Model, actions: &mut Actions) {
    let ctx = ui.ctx();
    clean(ui);
    if is_modal(model) || ctx.any_popup_open() {
        return;
    }
    let side = model.active;
    let rows = rows_have_keys(ctx, model, side);
    let typing = ctx.text_edit_focused();
    let page = ctx.data(|data| data.get_temp::<usize>(id(Field::Rows(side)).with("page"))).unwrap_or(10);
    let commands = Action::commands(side);
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let action = match event {
                // A click of the list, for the toolkit: as a letter it comes once more.
                Event::Key { key: EguiKey::Space, modifiers, .. } if rows && modifiers.is_none() => return false,
                Event::Key { key, pressed: true, modifiers, repeat, .. } if !modifiers.alt => {
                    let found = command(&commands, *key, *modifiers, rows)
                        .or_else(|| if rows { in_rows(model, side, *key, *modifiers, page) } else { None });
                    // A key that is held moves on and on; what it does otherwise, it does once.
                    match found {
                        Some(action) if *repeat && !may_repeat(&action) => return false,
                        found => found,
                    }
                }
                Event::Text(text) if rows && !text.chars().any(char::is_control) => {
                    Some(Action::Pane(side, PaneAction::Type(text.clone())))
                }
                // What file managers put there. A path that is just text (of a log, of a terminal) orders nothing.
                Event::Paste(text) if !typing && rows && side == Side::Remote => {
                    let files = url::pasted_files(text);
                    let into = model.remote.location.clone();
                    (!files.is_empty()).then_some(Action::DropFiles { files, into })
                }
                _ => None,
            };
            match action {
                Some(action) => {
                    actions.push(action);
                    false
                }
                None => true,
            }
        });
    });
}

/// Takes from the input what no widget may see as it is: the repetitions of a held Enter or Space, each of which would
/// press the button that has the focus, and line ends at the end of a pasted line, which would become a blank of the value.
fn clean(ui: &Ui) {
    let typing = ui.ctx().text_edit_focused();
    ui.input_mut(|input| {
        input.events.retain_mut(|event| match event {
            Event::Key { key: EguiKey::Enter | EguiKey::Space, pressed: true, repeat: true, .. } => typing,
            Event::Paste(text) | Event::Text(text) if typing => {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
                true
            }
            _ => true,
        });
    });
}

/// Whether a held key repeats it: what only moves, or types.
fn may_repeat(action: &Action) -> bool {
    matches!(action, Action::Pane(_, PaneAction::Move { .. }))
}

/// A key as people write it: `Ctrl+Shift+N`.
pub(super) fn shortcut_text(shortcut: Shortcut) -> String {
    let key = match shortcut.key {
        Key::Period => ".".to_owned(),
        Key::Comma => ",".to_owned(),
        Key::Delete => "Del".to_owned(),
        key => format!("{key:?}"),
    };
    let ctrl = match (shortcut.ctrl, cfg!(target_os = "macos")) {
        (false, _) => "",
        (true, false) => "Ctrl+",
        (true, true) => "Cmd+",
    };
    format!("{ctrl}{}{key}", if shortcut.shift { "Shift+" } else { "" })
}

/// Whether a dialog has the keys.
pub(super) fn is_modal(model: &Model) -> bool {
    // "File exists" is a window beside the others: the user may go on meanwhile.
    let password = model.questions.iter().any(|(_, question)| matches!(question, Question::Password { .. }));
    model.dialog.is_some() || password
}

fn command(commands: &[Action], key: EguiKey, modifiers: Modifiers, rows: bool) -> Option<Action> {
    let wanted = Shortcut { ctrl: modifiers.command, shift: modifiers.shift, key: from_egui(key)? };
    commands.iter().find(|action| action.shortcut() == Some(wanted) && (rows || !action.needs_rows())).cloned()
}

fn in_rows(model: &Model, side: Side, key: EguiKey, modifiers: Modifiers, page: usize) -> Option<Action> {
    let pane = model.pane(side);
    let action = match key {
        EguiKey::Space if modifiers.command => PaneAction::Mark,
        EguiKey::Enter if modifiers.is_none() => PaneAction::Activate(pane.selection.cursor?),
        EguiKey::Escape if !pane.filter.is_empty() => PaneAction::Filter(String::new()),
        _ => PaneAction::Move { motion: motion(key, page)?, extend: modifiers.shift },
    };
    Some(Action::Pane(side, action))
}

/// The motion of a list's cursor by that key, where a page has so many rows; `None` = the key moves nothing.
pub(super) fn motion(key: EguiKey, page: usize) -> Option<Motion> {
    Some(match key {
        EguiKey::ArrowUp => Motion::Up,
        EguiKey::ArrowDown => Motion::Down,
        EguiKey::PageUp => Motion::PageUp(page),
        EguiKey::PageDown => Motion::PageDown(page),
        EguiKey::Home => Motion::Home,
        EguiKey::End => Motion::End,
        _ => return None,
    })
}

fn from_egui(key: EguiKey) -> Option<Key> {
    Some(match key {
        EguiKey::A => Key::A,
        EguiKey::D => Key::D,
        EguiKey::F => Key::F,
        EguiKey::H => Key::H,
        EguiKey::L => Key::L,
        EguiKey::N => Key::N,
        EguiKey::P => Key::P,
        EguiKey::Q => Key::Q,
        EguiKey::R => Key::R,
        EguiKey::S => Key::S,
        EguiKey::Period => Key::Period,
        EguiKey::Comma => Key::Comma,
        EguiKey::F2 => Key::F2,
        EguiKey::F5 => Key::F5,
        EguiKey::F6 => Key::F6,
        EguiKey::Delete => Key::Delete,
        EguiKey::Backspace => Key::Backspace,
        _ => return None,
    })
}
