//! Buttons and menu lines of commands: all get their words, icon, key and state from the [`Action`].

use egui::{Button, Response, RichText, Stroke, Ui, Vec2};

use crate::app::{Action, Actions, Model, PaneAction, Side};

use crate::ui::{icons, keys, theme};

/// A square button with an icon only; its words are the tooltip.
pub(super) fn icon_button(ui: &mut Ui, model: &Model, action: Action, actions: &mut Actions) -> Response {
    let name = action.label(model);
    named_icon_button(ui, model, action, name, actions)
}

/// The same under another accessible name.
pub(super) fn named_icon_button(
    ui: &mut Ui,
    model: &Model,
    action: Action,
    name: &str,
    actions: &mut Actions,
) -> Response {
    let icon = action.icon(model).map_or(' ', icons::of);
    let padding = square(ui);
    let button = Button::new(icons::text(icon)).frame_when_inactive(false).min_size(Vec2::splat(theme::CONTROL));
    let hint = match action.shortcut() {
        Some(shortcut) => format!("{name} ({})", keys::shortcut_text(shortcut)),
        None => name.to_owned(),
    };
    let response = ui.add_enabled(action.enabled(model), button);
    ui.spacing_mut().button_padding = padding;
    let response = response.on_hover_text(&hint).on_disabled_hover_text(&hint);
    if response.clicked() {
        actions.push(action);
    }
    response.accessible_name(name)
}

/// A button with icon and words.
pub(super) fn text_button(ui: &mut Ui, model: &Model, action: Action, actions: &mut Actions) -> Response {
    let name = action.label(model);
    let icon = action.icon(model).map_or(' ', icons::of);
    let button = Button::new((icons::text(icon), name)).min_size(Vec2::new(0.0, theme::CONTROL)).gap(6.0);
    let response = ui.add_enabled(action.enabled(model), button);
    let response = match action.shortcut() {
        Some(shortcut) => response.on_hover_text(keys::shortcut_text(shortcut)),
        None => response,
    };
    if response.clicked() {
        actions.push(action);
    }
    response.accessible_name(name)
}

/// The menu of a pane's rows.
pub(super) fn context_menu(ui: &mut Ui, side: Side, model: &Model, actions: &mut Actions) {
    use PaneAction as P;
    let groups: [&[PaneAction]; 5] = [
        &[P::Transfer, P::Open],
        &[P::Rename, P::Delete, P::DeleteLeftovers],
        &[P::NewFolder, P::NewFile],
        &[P::Properties, P::CopyUrl],
        &[P::Refresh],
    ];
    ui.set_min_width(208.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    for (at, group) in groups.into_iter().enumerate() {
        if at > 0 {
            ui.add_space(theme::GAP);
            ui.separator();
            ui.add_space(theme::GAP);
        }
        for action in group {
            // Almost never is there anything to clear.
            if *action == P::DeleteLeftovers && !Action::Pane(side, P::DeleteLeftovers).enabled(model) {
                continue;
            }
            line(ui, model, Action::Pane(side, action.clone()), actions);
        }
    }
}

fn line(ui: &mut Ui, model: &Model, action: Action, actions: &mut Actions) {
    let name = action.label(model);
    let icon = action.icon(model).map_or(' ', icons::of);
    let mut button = Button::new((icons::text(icon), name)).gap(10.0).min_size(Vec2::new(208.0, theme::CONTROL));
    if let Some(shortcut) = action.shortcut() {
        let weak = theme::palette(ui).faint;
        button = button.shortcut_text(RichText::new(keys::shortcut_text(shortcut)).size(theme::SMALL).color(weak));
    }
    let response = ui.add_enabled(action.enabled(model), button).accessible_name(name);
    if response.clicked() {
        actions.push(action);
        ui.close();
    }
}

/// A button that turns something on and off, drawn pressed while it is on.
pub(super) fn toggle(ui: &mut Ui, model: &Model, action: Action, on: bool, actions: &mut Actions) {
    let name = action.label(model);
    let icon = action.icon(model).map_or(' ', icons::of);
    let palette = theme::palette(ui);
    let padding = square(ui);
    let mut button = Button::new(icons::text(icon)).min_size(Vec2::splat(theme::CONTROL)).frame_when_inactive(on);
    if on {
        button = button.fill(palette.pressed).stroke(Stroke::NONE);
    }
    if ui.add(button).on_hover_text(name).accessible_name(name).clicked() {
        actions.push(action);
    }
    ui.spacing_mut().button_padding = padding;
}

/// The padding that makes a button with an icon square; the one before it comes back.
fn square(ui: &mut Ui) -> Vec2 {
    let side = (theme::CONTROL - theme::ICON) / 2.0;
    std::mem::replace(&mut ui.spacing_mut().button_padding, Vec2::splat(side))
}
