//! The status bar: connection, security, data channel, speed. The way the data flows is one glance away.

use egui::{Align, Label, Layout, Popup, PopupCloseBehavior, RichText, Sense, Ui, vec2};

use super::data_path::Picture;
use super::{icons, theme};
use crate::app::queue_view::Tab;
use crate::app::{Actions, Link, Model};
use crate::domain::{DataPath, rate};

/// Draws it into its panel.
pub(super) fn show(ui: &mut Ui, model: &Model, _actions: &mut Actions) {
    let look = theme::palette(ui);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), theme::LINE), Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(theme::LINE);
        ui.spacing_mut().item_spacing.x = 6.0;
        let mark = match &model.connection.link {
            Link::Ready => look.ok,
            Link::Connecting(_) => look.warn,
            Link::Failed(_) => look.error,
            Link::Closed => look.faint,
        };
        let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
        ui.painter().circle_filled(rect.center(), 3.5, mark);
        text(ui, &connection(model));
        gap(ui);
        icon(ui, icons::LOCK_OPEN);
        let security = text(ui, &format!("Security: {}", security(model)));
        if model.is_connected() {
            security.on_hover_text("Names, passwords and files can be read by whoever is on the way to the server.");
        }
        gap(ui);
        data_channel(ui, model);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            text(ui, &format!("Speed: {}", speed(model)));
        });
    });
}

fn data_channel(ui: &mut Ui, model: &Model) {
    let path = data_path(model);
    let mode = path.map_or_else(|| "none yet".to_owned(), |path| path.mode.to_string());
    let text = RichText::new(format!("Data channel: {mode}")).size(theme::SMALL).color(theme::palette(ui).weak);
    let response = ui.add(Label::new(text).sense(Sense::click()));
    let Some(picture) = Picture::of(model.connection.control, path) else { return };
    let id = response.id.with("picture");
    let pinned = Popup::is_id_open(ui.ctx(), id);
    Popup::from_toggle_button_response(&response).id(id).close_behavior(PopupCloseBehavior::CloseOnClick).show(|ui| {
        explained(ui, &picture);
    });
    if !pinned {
        response.on_hover_ui(|ui| explained(ui, &picture));
    }
}

fn explained(ui: &mut Ui, picture: &Picture) {
    ui.set_max_width(WIDTH);
    ui.add_space(4.0);
    picture.show(ui, WIDTH);
    ui.add_space(4.0);
    ui.add(Label::new(theme::weak(ui, picture.words())).wrap());
}

const WIDTH: f32 = 440.0;

/// The data connection that was opened last: of the transfers while some run, else of the browsing session.
fn data_path(model: &Model) -> Option<&DataPath> {
    let (own, transfer) = (model.connection.data.as_ref(), model.transfer_path.as_ref());
    if model.queue.count(Tab::Active) > 0 { transfer.or(own) } else { own }
}

fn connection(model: &Model) -> String {
    let site = model.connection.site.as_ref().map(|site| site.server_key()).unwrap_or_default();
    match &model.connection.link {
        Link::Ready => format!("Connection: {site}"),
        Link::Connecting(_) => format!("Connection: connecting to {site}"),
        Link::Failed(_) => "Connection: failed".into(),
        Link::Closed => "Connection: none".into(),
    }
}

fn security(model: &Model) -> &'static str {
    if model.is_connected() { "none, clear text" } else { "none" }
}

fn speed(model: &Model) -> String {
    let progress = &model.queue.progress;
    match (progress.rate_down, progress.rate_up) {
        (0, 0) => "idle".into(),
        (down, 0) => format!("{} down", rate(down)),
        (0, up) => format!("{} up", rate(up)),
        (down, up) => format!("{} down, {} up", rate(down), rate(up)),
    }
}

fn text(ui: &mut Ui, text: &str) -> egui::Response {
    let text = theme::weak(ui, text);
    ui.add(Label::new(text).truncate())
}

fn icon(ui: &mut Ui, icon: char) {
    let look = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
    let font = egui::FontId::new(14.0, theme::icons());
    ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, icon, font, look.weak);
}

fn gap(ui: &mut Ui) {
    let look = theme::palette(ui);
    ui.add_space(6.0);
    let (rect, _) = ui.allocate_exact_size(vec2(1.0, 12.0), Sense::hover());
    ui.painter().rect_filled(rect, 0.0, look.line);
    ui.add_space(6.0);
}
